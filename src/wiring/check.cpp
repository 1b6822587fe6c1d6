#include "wiring/check.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <filesystem>

#include "wiring/open_store.h"

namespace users::wiring {
namespace {

constexpr std::chrono::seconds kProgressInterval{1};
constexpr std::size_t kFeedPage = 1000;

// What the feed tells of must be there to be told.
void CheckFeed(storage::ChangeFeed& feed, service::IntegrityChecker& checker) {
  std::uint64_t after = 0;
  while (true) {
    const auto records = feed.Read(after, kFeedPage);
    if (!records.ok()) {
      checker.Report("change feed", "has a record beyond position " + std::to_string(after) +
                                        " that cannot be read");
      return;
    }
    if (records->empty()) return;
    after = records->back().position;
  }
}

}  // namespace

Result<CheckSummary> CheckData(const std::string& data_directory,
                               const std::function<void(const service::Finding&)>& found,
                               const std::function<void(const CheckSummary&)>& progress) {
  std::error_code error;
  if (!std::filesystem::exists(data_directory + "/FORMAT", error)) {
    return Error::Unavailable("holds no store");
  }
  const SystemClock clock;
  const auto sink = MakeFileDescriptorSink(STDERR_FILENO);
  const Log log(*sink, clock, LogLevel::kError);
  auto store = OpenStore(data_directory, clock, log);
  if (!store.ok()) return std::move(store.error());

  service::IntegrityChecker checker(**store);
  CheckSummary summary;
  auto next_progress = std::chrono::steady_clock::now() + kProgressInterval;
  const auto collect = [&] {
    for (const service::Finding& finding : checker.TakeFindings()) {
      ++summary.findings;
      found(finding);
    }
    summary.users = checker.users();
    summary.entries = checker.entries();
  };

  boost::asio::io_context context{1};
  const auto check_item = [&](const storage::Key& key, const storage::Item* item) {
    ++summary.items;
    if (item == nullptr) {
      checker.Report(service::PlaceOf(key), "is broken");
    } else {
      const auto run = [&]() -> Task<void> {
        const auto checked = co_await checker.Check(key, *item);
        if (!checked.ok()) checker.Report(service::PlaceOf(key), "cannot be checked");
      };
      boost::asio::co_spawn(context, run, boost::asio::detached);
      context.run();
      context.restart();
    }
    collect();
    if (std::chrono::steady_clock::now() >= next_progress) {
      progress(summary);
      next_progress = std::chrono::steady_clock::now() + kProgressInterval;
    }
  };
  for (const auto table : {storage::Table::kUsers, storage::Table::kIdempotency}) {
    const auto visited = (*store)->ForEachItem(table, check_item);
    if (!visited.ok()) checker.Report("a file of the store", "is damaged");
  }
  CheckFeed(**store, checker);
  collect();
  return summary;
}

}  // namespace users::wiring
