#include "server/server_watch.h"

#include "server/clock_watch.h"

namespace users::server {
namespace {

constexpr std::chrono::milliseconds kInterval{1'000};
// The two clocks cannot be read at the same moment. On a busy machine, the time between the two
// reads can be long.
constexpr std::chrono::milliseconds kMaxReadTime{100};
constexpr int kMaxReadings = 10;

struct Reading {
  Timestamp wall;
  ClockWatch::Steady steady;
};

Reading ReadBoth(const Clock& clock) {
  Reading reading;
  for (int i = 0; i < kMaxReadings; ++i) {
    const auto before = std::chrono::steady_clock::now();
    reading.wall = clock.Now();
    reading.steady = std::chrono::steady_clock::now();
    if (reading.steady - before < kMaxReadTime) break;
  }
  return reading;
}

}  // namespace

void LossReporter::Report() {
  const LogStatus status = log_.Status();
  if (!status.is_written) return;
  if (status.lost > reported_.lost) {
    log_.Error("log_lines_lost")
        .Number("lines", static_cast<std::int64_t>(status.lost - reported_.lost))
        .Number("inAll", static_cast<std::int64_t>(status.lost));
  }
  if (status.left_out > reported_.left_out) {
    log_.Warning("requests_left_out")
        .Number("lines", static_cast<std::int64_t>(status.left_out - reported_.left_out))
        .Number("inAll", static_cast<std::int64_t>(status.left_out));
  }
  reported_ = status;
}

ServerWatch::ServerWatch(const Clock& clock, const Log& log)
    : clock_(clock), log_(log), thread_([this] { Run(); }) {}

ServerWatch::~ServerWatch() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  thread_.join();
}

void ServerWatch::Run() {
  const Reading first = ReadBoth(clock_);
  ClockWatch clock_watch(first.wall, first.steady);
  LossReporter losses(log_);
  MutexLock lock(mutex_);
  while (!stop_.WaitFor(mutex_, kInterval, [&]() USERS_REQUIRES(mutex_) { return stopping_; })) {
    const Reading now = ReadBoth(clock_);
    if (const auto jump = clock_watch.Check(now.wall, now.steady)) {
      log_.Warning("clock_jumped").Number("milliseconds", jump->count());
    }
    losses.Report();
  }
  losses.Report();
}

}  // namespace users::server
