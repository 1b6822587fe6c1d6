#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace users {

// The kinds of lines. The kind decides which lines are dropped when not all can be written.
enum class LineKind {
  kEvent,       // the program's own: lost once the buffer is full
  kAudited,     // an authenticated request, whose space was reserved before: never lost
  kExpendable,  // a request without an authenticated caller: dropped when the buffer is half full
};

// The state of the log, and the numbers of lines lost so far.
struct LogStatus {
  bool is_written = true;  // false while writes fail, and while the reader does not read
  std::uint64_t unwritten_bytes = 0;
  std::uint64_t lost = 0;      // kEvent lines for which there was no space
  std::uint64_t left_out = 0;  // kExpendable lines that were dropped or only counted
  std::uint64_t failed_writes = 0;
};

// Receives finished lines. Thread-safe. No method waits for the reader of the log.
class LogSink {
 public:
  virtual ~LogSink() = default;

  // `line` ends with a newline. A kAudited line uses the space that ReserveRoom has reserved.
  virtual void Write(std::string_view line, LineKind kind) = 0;

  // Reserves space for one kAudited line. Returns false while there is none, or while the log is
  // not being written.
  virtual bool ReserveRoom() { return true; }
  virtual void ReleaseRoom() {}

  // Counts a kExpendable line that the caller did not write because there are too many.
  virtual void CountLeftOut() {}

  // Returns the state of the log and the numbers of lost lines.
  virtual LogStatus Status() const { return {}; }
};

// The limits of a sink.
struct LogSinkOptions {
  std::size_t max_unwritten_bytes = 4 << 20;  // events may use a little more
  // Without progress for this long, the log counts as not written.
  std::chrono::milliseconds stall_time{5'000};
  // The destructor gives up after this time without progress,
  std::chrono::milliseconds flush_stall_time{2'000};
  // and after this time in any case.
  std::chrono::milliseconds max_flush_time{5'000};
};

// Returns a sink that writes to a file descriptor from its own thread. Lines of a few
// milliseconds share one system call. A write that fails (a full disk) is retried until it
// succeeds. The destructor writes the remaining lines.
std::unique_ptr<LogSink> MakeFileDescriptorSink(int file_descriptor,
                                                const LogSinkOptions& options = {});

}  // namespace users
