// The power is cut, or the process is killed, at a random point of a random workload. Afterwards
// the store must contain every acknowledged change, every other change must be complete or absent,
// and every invariant must hold. To show that this test can fail, it must detect a disk that
// forgets syncs and a store that splits transactions.
//
// USERS_FAULT_ROUNDS sets the number of rounds (default 60) and USERS_FAULT_SEED the first seed.
#include <gtest/gtest.h>

#include "faults/durable_history.h"
#include "faults/store_on_disk.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

constexpr int kClients = 6;
constexpr int kThreads = 2;
constexpr int kEndsOfARound = 3;

// A planted bug: commits the writes of a transaction separately, which the TableStore contract
// forbids.
class SplittingStore final : public storage::TableStore {
 public:
  explicit SplittingStore(storage::TableStore& store) : store_(store) {}
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline deadline) override {
    storage::Transaction first(transaction.begin(), transaction.begin() + 1);
    storage::Transaction rest(transaction.begin() + 1, transaction.end());
    auto committed = co_await store_.TransactWrite(std::move(rest), deadline);
    if (!committed.ok() || !committed->committed) {
      if (committed.ok())
        committed->reasons.insert(committed->reasons.begin(), storage::OpReason());
      co_return committed;
    }
    co_return co_await store_.TransactWrite(std::move(first), deadline);
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline deadline) override {
    return store_.Get(std::move(keys), deadline);
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key> keys,
                                                                  Deadline deadline) override {
    return store_.GetEach(std::move(keys), deadline);
  }
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline deadline) override {
    return store_.Query(std::move(range), deadline);
  }

 private:
  storage::TableStore& store_;
};

// The bugs to plant.
struct Planted {
  bool forgets_syncs = false;  // of the write-ahead logs
  bool forgets_anchor_syncs = false;
  bool splits_transactions = false;
};

// Runs one round: a store on one disk ends abruptly several times. Returns the first faults found.
std::string PlayRound(std::uint64_t seed, const Planted& planted) {
  std::mt19937_64 random(seed);
  StoreOnDisk site;
  if (planted.forgets_syncs) site.disk().ForgetSyncsOf(".log");
  if (planted.forgets_anchor_syncs) site.disk().ForgetSyncsOf("ANCHOR");
  DurableHistory history;
  for (int end = 0; end < kEndsOfARound; ++end) {
    auto store = site.Open();
    if (store == nullptr) return site.logged();
    if (const std::string faults = history.FaultsOf(*store); !faults.empty()) return faults;

    SplittingStore splitting(*store);
    storage::TableStore& used =
        planted.splits_transactions ? static_cast<storage::TableStore&>(splitting) : *store;
    UlidGenerator user_ids(site.clock());
    service::UserService users(used, site.roles(), user_ids, site.clock(), site.log());
    site.disk().CutPowerAfter(1 + random() % 600);
    RunTogether(kClients, kThreads, [&](int client) {
      const std::string name =
          std::to_string(seed) + "-" + std::to_string(end) + "-" + std::to_string(client);
      return RunClient(users, history, name, seed * 100 + static_cast<std::uint64_t>(client), 60,
                       AfterFailure::kStop);
    });
    site.disk().CutPowerAfter(0);
    store.reset();
    if (random() % 3 == 0) {
      site.disk().RestartProcess();
    } else {
      site.disk().RestorePower(random);
    }
  }
  const auto store = site.Open();
  return store == nullptr ? site.logged() : history.FaultsOf(*store);
}

TEST(PowerLoss, LosesNoAcknowledgedChangeAndTearsNone) {
  const std::uint64_t rounds = FromEnvironment("USERS_FAULT_ROUNDS", 60);
  const std::uint64_t first = FromEnvironment("USERS_FAULT_SEED", std::random_device()());
  for (std::uint64_t seed = first; seed < first + rounds; ++seed) {
    const std::string faults = PlayRound(seed, Planted());
    ASSERT_EQ(faults, "") << "USERS_FAULT_SEED=" << seed << " USERS_FAULT_ROUNDS=1";
  }
  std::printf("%d power cuts or kills\n", static_cast<int>(rounds) * kEndsOfARound);
}

// Whether at least one of 50 rounds with the planted bug finds a fault of this kind.
bool IsFound(const Planted& planted, const std::string& kind) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    if (PlayRound(seed, planted).find(kind) != std::string::npos) return true;
  }
  return false;
}

TEST(PowerLoss, RevealsForgottenSync) {
  Planted planted;
  planted.forgets_syncs = planted.forgets_anchor_syncs = true;
  EXPECT_TRUE(IsFound(planted, "is lost"));
}

// The anchor shows that the disk lost writes that it had reported as synced.
TEST(PowerLoss, RevealsLostAcknowledgedWrites) {
  Planted planted;
  planted.forgets_syncs = true;
  EXPECT_TRUE(IsFound(planted, "is damaged"));
}

TEST(PowerLoss, RevealsSplitTransactions) {
  Planted planted;
  planted.splits_transactions = true;
  EXPECT_TRUE(IsFound(planted, "audit entries"));
}

}  // namespace
}  // namespace users::testing
