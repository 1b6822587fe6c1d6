#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace users {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

// "debug", "info", "warning" or "error".
std::optional<LogLevel> ParseLogLevel(std::string_view text);

// Where finished lines go. Thread-safe.
class LogSink {
 public:
  virtual ~LogSink() = default;
  // `line` ends with a newline.
  virtual void Write(std::string_view line) = 0;
};

// Writes to a file descriptor from a thread of its own, so that a slow reader of the log slows no
// request; lines of the last few milliseconds travel in one system call. A reader that stops
// altogether holds the writers back once 8 MB wait: no line is dropped. The destructor writes what
// is left.
std::unique_ptr<LogSink> MakeFileDescriptorSink(int file_descriptor);

// JSON lines: `{"time":...,"level":...,"event":...}` and the fields of the event. Thread-safe.
//
// What must never stand in a line: secrets, signatures, session tokens, e-mail addresses, names,
// metadata values, raw request targets.
class Log {
 public:
  Log(LogSink& sink, const Clock& clock, LogLevel least)
      : sink_(sink), clock_(clock), least_(least) {}

  bool Writes(LogLevel level) const { return level >= least_; }

  // One line, written when it goes out of scope.
  class Line {
   public:
    Line(const Log& log, LogLevel level, std::string_view event);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    Line& Text(std::string_view name, std::string_view value);
    Line& Number(std::string_view name, std::int64_t value);
    Line& Bool(std::string_view name, bool value);
    // `value` is JSON already.
    Line& Raw(std::string_view name, std::string_view value);

   private:
    // False if the line is not written.
    bool AddName(std::string_view name);

    const Log& log_;
    bool writes_;
    std::string text_;
  };

  Line Debug(std::string_view event) const { return Line(*this, LogLevel::kDebug, event); }
  Line Info(std::string_view event) const { return Line(*this, LogLevel::kInfo, event); }
  Line Warning(std::string_view event) const { return Line(*this, LogLevel::kWarning, event); }
  Line Error(std::string_view event) const { return Line(*this, LogLevel::kError, event); }

 private:
  LogSink& sink_;
  const Clock& clock_;
  LogLevel least_;
};

}  // namespace users
