// The disk fails for a while, in one of many ways and at a random moment. No acknowledged change
// may be lost, no change may be partly applied, and the store must accept writes again without a
// restart once the disk works.
//
// USERS_FAULT_ROUNDS sets the number of rounds (default 20) and USERS_FAULT_SEED the first seed.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "faults/durable_history.h"
#include "faults/store_on_disk.h"
#include "support/items.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using Operation = UnreliableFileSystem::Operation;
using rocksdb::IOStatus;

constexpr int kClients = 4;
constexpr int kThreads = 2;
constexpr std::chrono::seconds kPatience{60};

struct Kind {
  const char* name;
  std::function<bool(Operation, const std::string& file)> affects;
  IOStatus status;
};

bool IsLog(const std::string& file) {
  return file.ends_with(".log");
}
bool IsTable(const std::string& file) {
  return file.ends_with(".sst");
}
bool IsManifest(const std::string& file) {
  return file.find("MANIFEST") != std::string::npos;
}

const std::vector<Kind>& Kinds() {
  static const std::vector<Kind> kinds = {
      {"appends to the log fail",
       [](Operation o, const std::string& f) { return o == Operation::kAppend && IsLog(f); },
       IOStatus::IOError("planted")},
      {"syncs of the log fail",
       [](Operation o, const std::string& f) { return o == Operation::kSync && IsLog(f); },
       IOStatus::IOError("planted")},
      {"the disk is full", [](Operation o, const std::string&) { return o == Operation::kAppend; },
       IOStatus::NoSpace("planted")},
      {"appends to tables fail",
       [](Operation o, const std::string& f) { return o == Operation::kAppend && IsTable(f); },
       IOStatus::IOError("planted")},
      {"syncs of tables fail",
       [](Operation o, const std::string& f) { return o == Operation::kSync && IsTable(f); },
       IOStatus::IOError("planted")},
      {"tables cannot be read",
       [](Operation o, const std::string& f) { return o == Operation::kRead && IsTable(f); },
       IOStatus::IOError("planted")},
      {"appends to the manifest fail",
       [](Operation o, const std::string& f) { return o == Operation::kAppend && IsManifest(f); },
       IOStatus::IOError("planted")},
      {"no file can be created",
       [](Operation o, const std::string&) { return o == Operation::kName; },
       IOStatus::IOError("planted")},
      {"nothing can be written",
       [](Operation o, const std::string&) { return o != Operation::kRead; },
       IOStatus::IOError("planted")},
      {"nothing works", [](Operation, const std::string&) { return true; },
       IOStatus::IOError("planted")},
  };
  return kinds;
}

// Whether the store accepts a write within kPatience.
bool TakesWritesAgain(storage::TableStore& store) {
  const Deadline end = DeadlineIn(kPatience);
  while (!HasPassed(end)) {
    storage::Transaction transaction;
    transaction.push_back(storage::WriteOp::Delete(
        storage::Key(storage::Table::kIdempotency, "nobody's"), storage::Condition::None()));
    const auto written = RunTask(store.TransactWrite(std::move(transaction), end));
    if (written.ok() && written->committed) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

std::string PlayRound(std::uint64_t seed, const Kind& kind) {
  std::mt19937_64 random(seed);
  StoreOnDisk site;
  DurableHistory history;
  auto store = site.Open();
  if (store == nullptr) return site.logged();
  UlidGenerator user_ids(site.clock());
  service::UserService users(*store, site.roles(), user_ids, site.clock(), site.log());
  int turn = 0;
  const auto work = [&](int operations) {
    ++turn;
    RunTogether(kClients, kThreads, [&](int client) {
      const std::string name = std::to_string(turn) + "-" + std::to_string(client);
      return RunClient(users, history, name, random(), operations, AfterFailure::kGoOn);
    });
  };

  work(40);
  const std::size_t before = history.size();
  // Some operations succeed, because partly completed work is the hardest case.
  const unsigned one_works_in = 1 + static_cast<unsigned>(random() % 20);
  std::mt19937 luck(static_cast<unsigned>(seed));
  site.disk().SetFault(
      [&kind, luck, one_works_in](Operation operation, const std::string& file) mutable {
        const bool works = !kind.affects(operation, file) || luck() % (one_works_in + 1) == 1;
        return works ? IOStatus::OK() : kind.status;
      });
  work(60);
  site.disk().SetFault({});
  if (!TakesWritesAgain(*store)) return "does not recover\n" + site.logged();
  work(40);
  if (history.size() <= before) return "nothing was acknowledged after the fault";
  if (const std::string faults = history.FaultsOf(*store); !faults.empty()) return faults;

  // No fault may appear later, after a restart.
  store.reset();
  random() % 2 == 0 ? site.disk().RestorePower(random) : site.disk().RestartProcess();
  store = site.Open();
  return store == nullptr ? site.logged() : history.FaultsOf(*store);
}

// Blocks the writer inside a sync, so that the writes that arrive in the meantime form one batch.
class HeldWriter : public ::testing::Test {
 protected:
  using Response = std::future<Result<storage::TransactionResult>>;

  void Open() {
    store_ = site_.Open();
    ASSERT_NE(store_, nullptr);
    site_.disk().SetFault([this](Operation operation, const std::string& file) {
      if (operation != Operation::kSync || !IsLog(file)) return IOStatus::OK();
      const bool is_first = ++syncs_ == 1;
      if (is_first) released_.wait(false);
      return is_first || !next_fails_ ? IOStatus::OK() : IOStatus::IOError("planted");
    });
    held_ = Write("held");
    while (syncs_ == 0) std::this_thread::yield();
  }
  ~HeldWriter() override {
    LetGo();
    site_.disk().SetFault({});
  }

  // A put of one item, if it is absent.
  Response Write(const std::string& partition) {
    storage::Transaction transaction;
    transaction.push_back(
        storage::WriteOp::Put(UserKey(partition), Numbered(1), storage::Condition::Absent()));
    return std::async(std::launch::async, [this, transaction = std::move(transaction)] {
      return RunTask(store_->TransactWrite(transaction, DeadlineIn(kPatience)));
    });
  }
  void WaitUntilWaiting(std::uint64_t count) {
    while (store_->statistics().waiting < count) std::this_thread::yield();
  }
  void LetGo() {
    released_ = true;
    released_.notify_all();
  }
  void Release() {
    LetGo();
    EXPECT_TRUE(held_.get().ok());
  }

  StoreOnDisk site_;
  std::atomic<int> syncs_{0};
  std::atomic<bool> released_{false};
  std::atomic<bool> next_fails_{false};
  std::unique_ptr<storage::local::LocalStore> store_;
  Response held_;
};

// Two callers request the same address, and their writes are in one batch that fails. Neither gets
// the address, so neither may get the error that it is in use.
TEST_F(HeldWriter, CausesNoConflictWithAFailedWrite) {
  Open();
  next_fails_ = true;
  Response responses[] = {Write("USER_EMAIL#one"), Write("USER_EMAIL#one")};
  WaitUntilWaiting(2);
  Release();
  for (Response& response : responses) {
    const auto result = response.get();
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(store_->statistics().failed_batches, 1U);
}

TEST_F(HeldWriter, LimitsWaitingTransactions) {
  site_.options().max_waiting_transactions = 2;
  Open();
  Response one = Write("one");
  Response two = Write("two");
  WaitUntilWaiting(2);
  Response three = Write("three");
  const auto is_done = [&] {
    return three.wait_for(std::chrono::milliseconds(1)) == std::future_status::ready;
  };
  while (!is_done() && store_->statistics().waiting < 3) std::this_thread::yield();
  Release();
  const auto rejected = three.get();
  ASSERT_FALSE(rejected.ok());
  EXPECT_EQ(rejected.error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(one.get().ok());
  EXPECT_TRUE(two.get().ok());
}

class DiskFault : public ::testing::TestWithParam<std::size_t> {};

TEST_P(DiskFault, LosesNothingAndStoreRecovers) {
  const Kind& kind = Kinds()[GetParam()];
  const std::uint64_t rounds = FromEnvironment("USERS_FAULT_ROUNDS", 20) / 10;
  const std::uint64_t first = FromEnvironment("USERS_FAULT_SEED", std::random_device()());
  for (std::uint64_t seed = first; seed < first + std::max<std::uint64_t>(rounds, 1); ++seed) {
    ASSERT_EQ(PlayRound(seed, kind), "") << kind.name << ": USERS_FAULT_SEED=" << seed;
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, DiskFault, ::testing::Range<std::size_t>(0, Kinds().size()));

}  // namespace
}  // namespace users::testing
