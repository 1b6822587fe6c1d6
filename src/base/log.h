#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log_sink.h"

namespace users {

// The severity of a line.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error".
std::optional<LogLevel> ParseLogLevel(std::string_view text);

// Space in the log for the line of one authenticated request. It is returned if this goes out of
// scope unused.
class LogRoom {
 public:
  LogRoom() = default;  // for a log that does not write such lines
  explicit LogRoom(LogSink& sink) : sink_(&sink) {}
  ~LogRoom() {
    if (sink_ != nullptr) sink_->ReleaseRoom();
  }
  LogRoom(LogRoom&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  LogRoom& operator=(LogRoom&& other) noexcept {
    std::swap(sink_, other.sink_);
    return *this;
  }

 private:
  friend class Log;
  LogSink* sink_ = nullptr;
};

// JSON lines: `{"time":...,"level":...,"event":...}` and the fields of the event. Thread-safe.
//
// A line never contains secrets, signatures, session tokens, email addresses, names, handles,
// metadata values or raw request targets.
//
// Writing a line never waits. The line of an authenticated request is the audit of reads: reserve
// space for it before the request takes effect, and write it as Audited. Lines of requests without
// an authenticated caller are Expendable.
class Log {
 public:
  // Drops lines below the level `least`. The references must outlive the log.
  Log(LogSink& sink, const Clock& clock, LogLevel least)
      : sink_(sink), clock_(clock), least_(least) {}

  // Returns whether lines of this level are written.
  bool Writes(LogLevel level) const { return level >= least_; }

  // One line, written when it goes out of scope.
  class Line {
   public:
    Line(const Log& log, LogLevel level, std::string_view event, LineKind kind = LineKind::kEvent);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // Add a member. Names are literals.
    Line& Text(std::string_view name, std::string_view value);
    Line& Number(std::string_view name, std::int64_t value);
    Line& Bool(std::string_view name, bool value);
    // Adds a member whose value is JSON already.
    Line& Raw(std::string_view name, std::string_view value);

   private:
    // Returns false if the line is not written.
    bool AddName(std::string_view name);

    const Log& log_;
    const LineKind kind_;
    const bool writes_;
    std::string text_;
  };

  // Start a line. `event` is the name of the event, a literal.
  Line Debug(std::string_view event) const { return Line(*this, LogLevel::kDebug, event); }
  Line Info(std::string_view event) const { return Line(*this, LogLevel::kInfo, event); }
  Line Warning(std::string_view event) const { return Line(*this, LogLevel::kWarning, event); }
  Line Error(std::string_view event) const { return Line(*this, LogLevel::kError, event); }

  // Reserves space for the Info line of one authenticated request. Returns nothing while the log is
  // full or cannot be written; the caller then waits and tries again.
  std::optional<LogRoom> ReserveRoom() const;
  // Starts the line that the space was reserved for.
  Line Audited(LogRoom room, std::string_view event) const;
  // Starts an Info line that is dropped and counted if there is little space.
  Line Expendable(std::string_view event) const {
    return Line(*this, LogLevel::kInfo, event, LineKind::kExpendable);
  }
  // Counts an Expendable line that the caller did not write, because there are too many of them.
  void CountLeftOut() const { sink_.CountLeftOut(); }

  // Returns the state of the sink.
  LogStatus Status() const { return sink_.Status(); }

 private:
  LogSink& sink_;
  const Clock& clock_;
  LogLevel least_;
};

}  // namespace users
