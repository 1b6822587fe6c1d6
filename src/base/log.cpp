#include "base/log.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/json.h"

namespace users {
namespace {

constexpr std::size_t kMostWaiting = 8 << 20;
constexpr std::chrono::milliseconds kGather{5};

std::string_view NameOf(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

class FileDescriptorSink final : public LogSink {
 public:
  explicit FileDescriptorSink(int file_descriptor)
      : file_descriptor_(file_descriptor), thread_([this] { Run(); }) {}

  ~FileDescriptorSink() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  void Write(std::string_view line) override {
    bool was_empty = false;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return waiting_.size() < kMostWaiting; });
      was_empty = waiting_.empty();
      waiting_ += line;
    }
    if (was_empty) wake_.notify_one();
  }

 private:
  void Run() {
    std::string taken;
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
      if (!stopping_) wake_.wait_for(lock, kGather, [&] { return stopping_; });
      if (waiting_.empty() && stopping_) return;
      taken.swap(waiting_);
      lock.unlock();
      room_.notify_all();
      WriteAll(taken);
      taken.clear();
      lock.lock();
    }
  }

  void WriteAll(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t written = ::write(file_descriptor_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        pollfd room{file_descriptor_, POLLOUT, 0};  // whoever shares it made it non-blocking
        ::poll(&room, 1, -1);
        continue;
      }
      if (written <= 0) return;  // nowhere to report it
      text.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  const int file_descriptor_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable room_;
  std::string waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError}) {
    if (text == NameOf(level)) return level;
  }
  return std::nullopt;
}

std::unique_ptr<LogSink> MakeFileDescriptorSink(int file_descriptor) {
  return std::make_unique<FileDescriptorSink>(file_descriptor);
}

Log::Line::Line(const Log& log, LogLevel level, std::string_view event)
    : log_(log), writes_(log.Writes(level)) {
  if (!writes_) return;
  text_.reserve(512);
  text_ = "{\"time\":\"";
  AppendTimestamp(text_, log.clock_.Now());
  text_ += "\",\"level\":\"";
  text_ += NameOf(level);
  text_ += '"';
  Text("event", event);
}

Log::Line::~Line() {
  if (!writes_) return;
  text_ += "}\n";
  log_.sink_.Write(text_);
}

Log::Line& Log::Line::Text(std::string_view name, std::string_view value) {
  if (AddName(name)) json::AppendString(text_, value);
  return *this;
}

Log::Line& Log::Line::Number(std::string_view name, std::int64_t value) {
  if (AddName(name)) text_ += std::to_string(value);
  return *this;
}

Log::Line& Log::Line::Bool(std::string_view name, bool value) {
  return Raw(name, value ? "true" : "false");
}

Log::Line& Log::Line::Raw(std::string_view name, std::string_view value) {
  if (AddName(name)) text_ += value;
  return *this;
}

bool Log::Line::AddName(std::string_view name) {
  if (!writes_) return false;
  text_ += ",\"";
  text_ += name;
  text_ += "\":";
  return true;
}

}  // namespace users
