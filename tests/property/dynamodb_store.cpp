// Fixtures on the DynamoDB store with dynoxide. That engine never removes expired items, so the
// clock can be moved.
#include <gtest/gtest.h>

#include "engines/dynamodb_tables.h"
#include "engines/scan.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

class Dynoxide final : public RemoteStore {
 public:
  storage::TableStore& store() override { return tables_.store(); }

  void CopyTo(storage::TableStore& copy) override {
    storage::Transaction transaction;
    const auto write = [&] {
      if (transaction.empty()) return;
      const auto written =
          RunTask(copy.TransactWrite(std::move(transaction), DeadlineIn(std::chrono::seconds(60))));
      EXPECT_TRUE(written.ok() && written->committed);
      transaction.clear();
    };
    for (auto& [key, item] : ScanTables(engine_.url(), tables_.names())) {
      transaction.push_back(storage::WriteOp::Put(key, std::move(item)));
      if (transaction.size() == storage::kMaxTransactionOps) write();
    }
    write();
  }

 private:
  EngineProcess& engine_ = SharedEngine("dynoxide");
  DynamoDbTables tables_{engine_};
};

}  // namespace

std::unique_ptr<RemoteStore> MakeRemoteStore() {
  return std::make_unique<Dynoxide>();
}

}  // namespace users::testing
