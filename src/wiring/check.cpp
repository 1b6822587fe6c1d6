#include "wiring/check.h"

#include <chrono>

#include "api/stored_answer.h"
#include "base/run_task.h"
#include "wiring/feed_checker.h"
#include "wiring/open_store.h"

namespace users::wiring {
namespace {

constexpr std::chrono::seconds kProgressInterval{1};

using Moment = std::chrono::steady_clock::time_point;

// What is wrong with the store is said by findings, once.
class NoLog final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

class DataChecker {
 public:
  DataChecker(storage::local::LocalStore& store, const ShowFinding& found,
              const ShowProgress& progress, Moment begin)
      : store_(store),
        found_(found),
        progress_(progress),
        checker_(store, api::MakeAnswerReader()),
        next_progress_(begin + kProgressInterval) {}

  void Run() {
    const bool users_read = CheckTable(storage::Table::kUsers, "users");
    CheckTable(storage::Table::kIdempotency, "idempotency");
    if (stopped_) return;
    if (const auto verified = store_.VerifyFiles(); !verified.ok()) {
      checker_.Report("files", "are damaged (" + verified.error().message + ")");
      Collect();
    }
    FeedChecker feed(store_, [this](std::string place, std::string what) {
      checker_.Report(std::move(place), std::move(what));
      Collect();
    });
    feed.Check(users_read ? std::optional(checker_.stored_entries()) : std::nullopt);
  }

  const CheckSummary& summary() const { return summary_; }

 private:
  // Whether the table could be read to its end.
  bool CheckTable(storage::Table table, const std::string& name) {
    const auto visited = store_.ForEachItem(
        table, [this](const storage::Key& key, const storage::Item* item) { Visit(key, item); });
    if (visited.ok()) return true;
    checker_.Report("table " + name, "cannot be read to its end, what follows is not checked (" +
                                         visited.error().message + ")");
    Collect();
    return false;
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
    if (std::chrono::steady_clock::now() < next_progress_) return;
    stopped_ = !progress_(summary_);
    next_progress_ = std::chrono::steady_clock::now() + kProgressInterval;
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

Result<CheckSummary> CheckData(const std::string& data_directory, const ShowFinding& found,
                               const ShowProgress& progress) {
  const Moment begin = std::chrono::steady_clock::now();
  const SystemClock clock;
  NoLog sink;
  const Log log(sink, clock, LogLevel::kError);
  auto store = OpenExistingStore(data_directory, clock, log);
  if (!store.ok() && store.error().code == ErrorCode::kInternal) {
    CheckSummary summary;
    summary.findings = 1;
    found(service::Finding{"store", store.error().message});
    return summary;
  }
  if (!store.ok()) return std::move(store.error());
  DataChecker checker(**store, found, progress, begin);
  checker.Run();
  return checker.summary();
}

}  // namespace users::wiring
