#include <benchmark/benchmark.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <memory>

#include "base/async/run_task.h"
#include "service/user_records.h"
#include "storage/local/local_store.h"

namespace users::bench {
namespace {

constexpr int kRows = 10'000;
constexpr std::chrono::seconds kPatience{60};

class NoSink final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

storage::Item SomeItem() {
  storage::Item item;
  item.SetNumber("v", 1);
  item.SetString("userId", "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  item.SetString("email", "ada.lovelace.01arz3ndektsv4rrffq69g5fav@example.com");
  item.SetString("name", "Ada Lovelace");
  item.SetString("status", "active");
  item.SetString("roles", "viewer");
  item.SetNumber("version", 1);
  return item;
}

std::string SortAt(int number) {
  const std::string digits = std::to_string(100'000'000 + number);
  return "USER#" + digits;
}

// A store below the system's temporary directory, with some rows in one partition.
class FilledStore {
 public:
  FilledStore() {
    storage::local::LocalStoreOptions options;
    options.directory = directory_;
    options.feed_partition_prefix = service::kFeedPartitionPrefix;
    auto opened = storage::local::LocalStore::Open(options, clock_, log_);
    if (!opened.ok()) return;
    store_ = std::move(*opened);
    for (int i = 0; i < kRows; i += 100) {
      storage::Transaction transaction;
      for (int row = i; row < i + 100; ++row) {
        transaction.push_back(storage::WriteOp::Put(KeyOf(row), SomeItem()));
      }
      (void)RunTask(store_->TransactWrite(std::move(transaction), DeadlineIn(kPatience)));
    }
  }
  ~FilledStore() {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  static storage::Key KeyOf(int row) {
    return storage::Key(storage::Table::kUsers, "USER_LIST#0", SortAt(row));
  }
  storage::local::LocalStore* store() { return store_.get(); }

 private:
  const SystemClock clock_;
  NoSink sink_;
  const Log log_{sink_, clock_, LogLevel::kError};
  const std::string directory_ =
      std::filesystem::temp_directory_path() / ("usersd-bench-store-" + std::to_string(::getpid()));
  std::unique_ptr<storage::local::LocalStore> store_;
};

// Runs `body` for all iterations in one coroutine, because starting one costs more than a read.
template <class Body>
void RunInCoroutine(benchmark::State& state, Body body) {
  FilledStore filled;
  if (filled.store() == nullptr) return state.SkipWithError("no store");
  const auto all = [&]() -> Task<bool> {
    int row = 0;
    for (auto _ : state) {
      const bool good = co_await body(*filled.store(), row);
      if (!good) state.SkipWithError("the store failed");
      row = (row + 7919) % kRows;
    }
    co_return true;
  };
  RunTask(all());
}

void StoreGet(benchmark::State& state) {
  RunInCoroutine(state, [](storage::TableStore& store, int row) -> Task<bool> {
    std::vector<storage::Key> keys;
    keys.push_back(FilledStore::KeyOf(row));
    const auto items = co_await store.Get(std::move(keys), DeadlineIn(kPatience));
    co_return items.ok() && items->front().has_value();
  });
}
BENCHMARK(StoreGet);

void StoreQuery50(benchmark::State& state) {
  RunInCoroutine(state, [](storage::TableStore& store, int row) -> Task<bool> {
    storage::QueryRange range = service::ListRange({}, 1, "", 50);
    range.after = SortAt(row % (kRows - 51));
    const auto page = co_await store.Query(std::move(range), DeadlineIn(kPatience));
    co_return page.ok() && page->rows.size() == 50;
  });
}
BENCHMARK(StoreQuery50);

// One durable put at a time. The disk's sync limits it.
void StorePutAlone(benchmark::State& state) {
  RunInCoroutine(state, [](storage::TableStore& store, int row) -> Task<bool> {
    storage::Transaction transaction;
    transaction.push_back(storage::WriteOp::Put(FilledStore::KeyOf(row), SomeItem()));
    const auto result = co_await store.TransactWrite(std::move(transaction), DeadlineIn(kPatience));
    co_return result.ok() && result->committed;
  });
}
BENCHMARK(StorePutAlone)->UseRealTime();

// 64 puts at once, which share the sync.
void StorePut64AtOnce(benchmark::State& state) {
  FilledStore filled;
  if (filled.store() == nullptr) return state.SkipWithError("no store");
  constexpr int kAtOnce = 64;
  for (auto _ : state) {
    boost::asio::io_context context{1};
    int committed = 0;
    const auto put = [&](int row) -> Task<void> {
      storage::Transaction transaction;
      transaction.push_back(storage::WriteOp::Put(FilledStore::KeyOf(row), SomeItem()));
      const auto result =
          co_await filled.store()->TransactWrite(std::move(transaction), DeadlineIn(kPatience));
      if (result.ok() && result->committed) ++committed;
    };
    for (int i = 0; i < kAtOnce; ++i) {
      boost::asio::co_spawn(context, put(i), boost::asio::detached);
    }
    context.run();
    if (committed != kAtOnce) return state.SkipWithError("the store failed");
  }
  state.SetItemsProcessed(state.iterations() * kAtOnce);
}
BENCHMARK(StorePut64AtOnce)->UseRealTime();

}  // namespace
}  // namespace users::bench
