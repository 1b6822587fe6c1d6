#include "server/stop_limit.h"

#include <unistd.h>

#include <csignal>

namespace users::server {
namespace {

// The time to write the last line of the log.
constexpr std::chrono::milliseconds kLastLineTime{200};

}  // namespace

StopLimit::StopLimit(std::chrono::milliseconds limit)
    : limit_(limit), signals_(context_, SIGTERM, SIGINT), timer_(context_) {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    timer_.expires_after(limit_);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled) End();
    });
  });
  thread_ = std::thread([this] { context_.run(); });
}

StopLimit::~StopLimit() {
  context_.stop();
  thread_.join();
}

void StopLimit::End() {
  if (const Log* const log = log_) {
    log->Error("stop_time_exceeded").Text("stage", stage_.load());
    std::this_thread::sleep_for(kLastLineTime);
  }
  ::_exit(kStopTimeExceeded);
}

}  // namespace users::server
