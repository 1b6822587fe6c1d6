#include "maintenance/check.h"

#include <chrono>

#include "api/stored_response.h"
#include "base/async/run_task.h"
#include "maintenance/event_file_checker.h"
#include "maintenance/feed_checker.h"
#include "maintenance/open_store.h"

namespace users::maintenance {
namespace {

constexpr std::chrono::seconds kProgressInterval{1};

using Moment = std::chrono::steady_clock::time_point;

// Drops all lines, because findings report the faults of the store.
class NoLog final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

service::IntegrityOptions OptionsFor(const storage::local::LocalStore& store) {
  service::IntegrityOptions options;
  options.commitments_since = store.taken_over_at();
  options.may_have_old_items = store.needs_upgrade();
  return options;
}

class DataChecker {
 public:
  DataChecker(storage::local::LocalStore& store, const ShowFinding& found,
              const ShowProgress& progress, Moment begin)
      : store_(store),
        found_(found),
        progress_(progress),
        checker_(store, api::MakeStoredResponseReader(), OptionsFor(store)),
        next_progress_(begin + kProgressInterval) {}

  void Report(std::string place, std::string what) {
    checker_.Report(std::move(place), std::move(what));
    Collect();
  }

  void Run() {
    const bool all_users_read = CheckTable(storage::Table::kUsers, "users");
    CheckTable(storage::Table::kIdempotency, "idempotency");
    if (stopped_) return;
    if (const auto verified = store_.VerifyFiles(); !verified.ok()) {
      Report("files", "are damaged (" + verified.error().message + ")");
    }
    FeedChecker feed(store_, [this](std::string place, std::string what) {
      Report(std::move(place), std::move(what));
    });
    feed.Check(all_users_read ? std::optional(checker_.stored_entries()) : std::nullopt);
  }

  void CompareEvents(const std::vector<std::string>& files) {
    if (files.empty() || stopped_) return;
    EventFileChecker events(store_, [this](std::string place, std::string what) {
      Report(std::move(place), std::move(what));
    });
    for (const std::string& file : files) {
      events.CheckFile(file, [this] { return ShowProgressInTime(); });
    }
    if (!stopped_) events.CheckThatNoneIsMissing();
  }

  const CheckSummary& summary() const { return summary_; }

 private:
  // Returns whether the whole table could be read.
  bool CheckTable(storage::Table table, const std::string& name) {
    bool whole = true;
    const auto report = [&](std::string what) {
      whole = false;
      Report("table " + name, std::move(what));
    };
    const auto visited = store_.ForEachItem(
        table, [this](const storage::Key& key, const storage::Item* item) { Visit(key, item); },
        [&](const storage::local::UnreadableRange& range) { report(WhatIsWrongWith(range)); });
    if (!visited.ok()) {
      report("cannot be read to its end, the rest is not checked (" + visited.error().message +
             ")");
    }
    return whole;
  }

  static std::string WhatIsWrongWith(const storage::local::UnreadableRange& range) {
    std::string what = "cannot be read";
    if (range.after) what += " after " + service::PlaceOf(*range.after);
    if (range.until) what += " before " + service::PlaceOf(*range.until);
    return what + ": " + DamageIn(range);
  }

  void Visit(const storage::Key& key, const storage::Item* item) {
    if (stopped_) return;
    ++summary_.items;
    if (item == nullptr) {
      checker_.ReportBroken(key);
    } else {
      const auto checked = RunTask(checker_.Check(key, *item));
      if (!checked.ok()) {
        checker_.Report(service::PlaceOf(key),
                        "cannot be checked, since something that it needs "
                        "cannot be read");
      }
    }
    Collect();
    ShowProgressInTime();
  }

  // Returns false if the check must end.
  bool ShowProgressInTime() {
    if (!stopped_ && std::chrono::steady_clock::now() >= next_progress_) {
      stopped_ = !progress_(summary_);
      next_progress_ = std::chrono::steady_clock::now() + kProgressInterval;
    }
    return !stopped_;
  }

  void Collect() {
    for (const service::Finding& finding : checker_.TakeFindings()) {
      ++summary_.findings;
      found_(finding);
    }
    summary_.users = checker_.users();
    summary_.entries = checker_.entries();
  }

  storage::local::LocalStore& store_;
  const ShowFinding& found_;
  const ShowProgress& progress_;
  service::IntegrityChecker checker_;
  CheckSummary summary_;
  bool stopped_ = false;
  Moment next_progress_;
};

}  // namespace

Result<CheckSummary> CheckData(const CheckRequest& request, const ShowFinding& found,
                               const ShowProgress& progress) {
  const Moment begin = std::chrono::steady_clock::now();
  const SystemClock clock;
  NoLog sink;
  const Log log(sink, clock, LogLevel::kError);
  auto store = OpenStoreForReading(request.data_directory, clock, log);
  if (!store.ok() && store.error().code == ErrorCode::kInternal) {
    CheckSummary summary;
    summary.findings = 1;
    found(service::Finding{"store", store.error().message});
    return summary;
  }
  if (!store.ok()) return std::move(store.error());
  DataChecker checker(**store, found, progress, begin);
  if (const auto damage = (*store)->damage()) checker.Report("store", *damage);
  checker.Run();
  checker.CompareEvents(request.event_files);
  return checker.summary();
}

}  // namespace users::maintenance
