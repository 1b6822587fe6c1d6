#include "base/log_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace users {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The expected size of an audited line. A longer one is accepted too.
constexpr std::size_t kRoomBytes = 512;
// Space for events when the lines of requests have filled the rest.
constexpr std::size_t kEventBytes = 256 << 10;
// The max size of one write, so that a slow reader shows as progress.
constexpr std::size_t kMaxWriteBytes = 64 << 10;

constexpr milliseconds kGather{5};
constexpr milliseconds kFirstRetry{100};
constexpr milliseconds kMaxRetry{1'000};

// The state that the sink and its thread share. The thread may outlive the sink, because nothing
// ends a write to a pipe that is not read.
class Buffer {
 public:
  Buffer(int file_descriptor, const LogSinkOptions& options)
      : file_descriptor_(file_descriptor), options_(options) {}

  void Write(std::string_view line, LineKind kind) {
    bool was_empty = false;
    {
      const MutexLock lock(mutex_);
      if (kind == LineKind::kAudited) reserved_ -= kRoomBytes;
      if (Unwritten() >= LimitOf(kind)) {
        ++(kind == LineKind::kExpendable ? status_.left_out : status_.lost);
        return;
      }
      if (Unwritten() == 0) progress_ = steady_clock::now();
      was_empty = waiting_.empty();
      waiting_ += line;
    }
    if (was_empty) wake_.NotifyOne();
  }

  bool ReserveRoom() {
    const MutexLock lock(mutex_);
    const bool is_full = Unwritten() + reserved_ + kRoomBytes > options_.max_unwritten_bytes;
    if (is_full || !IsWritten()) return false;
    reserved_ += kRoomBytes;
    return true;
  }
  void ReleaseRoom() {
    const MutexLock lock(mutex_);
    reserved_ -= kRoomBytes;
  }
  void CountLeftOut() {
    const MutexLock lock(mutex_);
    ++status_.left_out;
  }

  LogStatus Status() const {
    const MutexLock lock(mutex_);
    LogStatus status = status_;
    status.is_written = IsWritten();
    status.unwritten_bytes = Unwritten();
    return status;
  }

  // The thread's function.
  void Run() {
    std::string taken;
    MutexLock lock(mutex_);
    while (true) {
      wake_.Wait(mutex_, [&]() USERS_REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
      if (!stopping_)
        wake_.WaitFor(mutex_, kGather, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
      if (waiting_.empty()) break;  // stopping
      taken.swap(waiting_);
      in_flight_ = taken.size();
      if (!WriteAll(taken)) break;
      taken.clear();
    }
    finished_ = true;
    ended_.NotifyAll();
  }

  // Returns false if the thread has not ended in time.
  bool Finish() {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
    const auto begin = steady_clock::now();
    progress_ = begin;
    while (!finished_) {
      const auto until =
          std::min(progress_ + options_.flush_stall_time, begin + options_.max_flush_time);
      if (steady_clock::now() >= until) return false;
      ended_.WaitUntil(mutex_, until);
    }
    return true;
  }

 private:
  std::size_t Unwritten() const USERS_REQUIRES(mutex_) { return waiting_.size() + in_flight_; }

  std::size_t LimitOf(LineKind kind) const USERS_REQUIRES(mutex_) {
    switch (kind) {
      case LineKind::kAudited:
        break;
      case LineKind::kEvent:
        return options_.max_unwritten_bytes + kEventBytes;
      case LineKind::kExpendable:
        return options_.max_unwritten_bytes / 2;
    }
    return waiting_.max_size();
  }

  bool IsWritten() const USERS_REQUIRES(mutex_) {
    if (Unwritten() == 0) return true;
    return !failing_ && steady_clock::now() - progress_ < options_.stall_time;
  }

  // Unlocks the mutex while it writes. Returns false if it gave up.
  bool WriteAll(std::string_view text) USERS_REQUIRES(mutex_) {
    milliseconds pause = kFirstRetry;
    while (!text.empty()) {
      mutex_.Unlock();
      const std::size_t written = WriteSome(text.substr(0, kMaxWriteBytes));
      mutex_.Lock();
      failing_ = written == 0;
      if (written > 0) {
        text.remove_prefix(written);
        in_flight_ -= written;
        progress_ = steady_clock::now();
        pause = kFirstRetry;
        continue;
      }
      ++status_.failed_writes;
      if (stopping_) return false;
      wake_.WaitFor(mutex_, pause, [&]() USERS_REQUIRES(mutex_) { return stopping_; });
      pause = std::min(pause * 2, kMaxRetry);
    }
    return true;
  }

  // Returns the number of bytes written; 0 after an error.
  std::size_t WriteSome(std::string_view text) const {
    while (true) {
      const ssize_t written = ::write(file_descriptor_, text.data(), text.size());
      if (written > 0) return static_cast<std::size_t>(written);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        pollfd room{file_descriptor_, POLLOUT, 0};  // a process that shares it made it non-blocking
        ::poll(&room, 1, -1);
        continue;
      }
      return 0;
    }
  }

  const int file_descriptor_;
  const LogSinkOptions options_;
  mutable Mutex mutex_;
  ConditionVariable wake_;
  ConditionVariable ended_;
  std::string waiting_ USERS_GUARDED_BY(mutex_);
  // Bytes that the thread has taken and not yet written.
  std::size_t in_flight_ USERS_GUARDED_BY(mutex_) = 0;
  // Bytes that were reserved and not yet used.
  std::size_t reserved_ USERS_GUARDED_BY(mutex_) = 0;
  bool failing_ USERS_GUARDED_BY(mutex_) = false;
  steady_clock::time_point progress_ USERS_GUARDED_BY(mutex_) = steady_clock::now();
  LogStatus status_ USERS_GUARDED_BY(mutex_);
  bool stopping_ USERS_GUARDED_BY(mutex_) = false;
  bool finished_ USERS_GUARDED_BY(mutex_) = false;
};

class FileDescriptorSink final : public LogSink {
 public:
  FileDescriptorSink(int file_descriptor, const LogSinkOptions& options)
      : buffer_(std::make_shared<Buffer>(file_descriptor, options)),
        thread_([buffer = buffer_] { buffer->Run(); }) {}

  ~FileDescriptorSink() override {
    if (buffer_->Finish()) {
      thread_.join();
    } else {
      thread_.detach();
    }
  }

  void Write(std::string_view line, LineKind kind) override { buffer_->Write(line, kind); }
  bool ReserveRoom() override { return buffer_->ReserveRoom(); }
  void ReleaseRoom() override { buffer_->ReleaseRoom(); }
  void CountLeftOut() override { buffer_->CountLeftOut(); }
  LogStatus Status() const override { return buffer_->Status(); }

 private:
  const std::shared_ptr<Buffer> buffer_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<LogSink> MakeFileDescriptorSink(int file_descriptor,
                                                const LogSinkOptions& options) {
  return std::make_unique<FileDescriptorSink>(file_descriptor, options);
}

}  // namespace users
