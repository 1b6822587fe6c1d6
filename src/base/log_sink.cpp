#include "base/log_sink.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

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
      const std::lock_guard lock(mutex_);
      if (kind == LineKind::kAudited) reserved_ -= kRoomBytes;
      if (Unwritten() >= LimitOf(kind)) {
        ++(kind == LineKind::kExpendable ? status_.left_out : status_.lost);
        return;
      }
      if (Unwritten() == 0) progress_ = steady_clock::now();
      was_empty = waiting_.empty();
      waiting_ += line;
    }
    if (was_empty) wake_.notify_one();
  }

  bool ReserveRoom() {
    const std::lock_guard lock(mutex_);
    const bool is_full = Unwritten() + reserved_ + kRoomBytes > options_.max_unwritten_bytes;
    if (is_full || !IsWritten()) return false;
    reserved_ += kRoomBytes;
    return true;
  }
  void ReleaseRoom() {
    const std::lock_guard lock(mutex_);
    reserved_ -= kRoomBytes;
  }
  void CountLeftOut() {
    const std::lock_guard lock(mutex_);
    ++status_.left_out;
  }

  LogStatus Status() const {
    const std::lock_guard lock(mutex_);
    LogStatus status = status_;
    status.is_written = IsWritten();
    status.unwritten_bytes = Unwritten();
    return status;
  }

  // The thread's function.
  void Run() {
    std::string taken;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (!stopping_) wake_.wait_for(lock, kGather, [&] { return stopping_; });
      if (waiting_.empty()) break;  // stopping
      taken.swap(waiting_);
      in_flight_ = taken.size();
      if (!WriteAll(taken, lock)) break;
      taken.clear();
    }
    finished_ = true;
    ended_.notify_all();
  }

  // Returns false if the thread has not ended in time.
  bool Finish() {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
    const auto begin = steady_clock::now();
    progress_ = begin;
    while (!finished_) {
      const auto until =
          std::min(progress_ + options_.flush_stall_time, begin + options_.max_flush_time);
      if (steady_clock::now() >= until) return false;
      ended_.wait_until(lock, until);
    }
    return true;
  }

 private:
  std::size_t Unwritten() const { return waiting_.size() + in_flight_; }

  std::size_t LimitOf(LineKind kind) const {
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

  bool IsWritten() const {
    if (Unwritten() == 0) return true;
    return !failing_ && steady_clock::now() - progress_ < options_.stall_time;
  }

  // Called and returns with the lock held, but writes without it. Returns false if it gave up.
  bool WriteAll(std::string_view text, std::unique_lock<std::mutex>& lock) {
    milliseconds pause = kFirstRetry;
    while (!text.empty()) {
      lock.unlock();
      const std::size_t written = WriteSome(text.substr(0, kMaxWriteBytes));
      lock.lock();
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
      wake_.wait_for(lock, pause, [&] { return stopping_; });
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
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  // mutex_ guards all members below.
  std::string waiting_;
  std::size_t in_flight_ = 0;  // bytes that the thread has taken but not written yet
  std::size_t reserved_ = 0;   // bytes that were reserved but not used yet
  bool failing_ = false;
  steady_clock::time_point progress_ = steady_clock::now();
  LogStatus status_;
  bool stopping_ = false;
  bool finished_ = false;
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
