#include "server/rejection_log.h"

namespace users::server {
namespace {

constexpr std::int64_t kReportInterval = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

}  // namespace

RejectionLog::RejectionLog(const Log& log, std::string_view kind, double lines_per_second,
                           double burst)
    : log_(log), kind_(kind), throttle_(lines_per_second, burst) {}

RejectionLog::~RejectionLog() {
  const std::uint64_t count = left_out_ - reported_;
  if (count > 0) Write(count);
}

bool RejectionLog::Admits(std::chrono::steady_clock::time_point now) {
  if (!throttle_.Admit(now)) return true;
  left_out_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void RejectionLog::Report(std::chrono::steady_clock::time_point now) {
  const std::uint64_t total = left_out_.load(std::memory_order_relaxed);
  if (total == reported_.load(std::memory_order_relaxed)) return;
  const std::int64_t at = now.time_since_epoch().count();
  std::int64_t due = next_report_.load(std::memory_order_relaxed);
  // Only one of the threads that call at the same time reports.
  if (at < due || !next_report_.compare_exchange_strong(due, at + kReportInterval)) return;
  const std::uint64_t before = reported_.exchange(total, std::memory_order_relaxed);
  if (total > before) Write(total - before);
}

void RejectionLog::Write(std::uint64_t count) const {
  log_.Info("rejections_not_logged")
      .Text("kind", kind_)
      .Number("count", static_cast<std::int64_t>(count));
}

}  // namespace users::server
