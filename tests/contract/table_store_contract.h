#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "storage/table_scan.h"
#include "storage/table_store.h"

// The behaviour that every adapter of the storage port must have, written against DynamoDB's
// semantics. An adapter's test program links these tests and instantiates them with its own store:
//   INSTANTIATE_TEST_SUITE_P(Local, TableStoreContract, ::testing::Values(StoreUnderTest{...}));
namespace users::testing {

// The time limit of one call in a test.
inline constexpr std::chrono::seconds kPatience{60};

// Writes until the result is decided. Conflicts and throttling, which an adapter may report, are
// retried.
Task<Result<storage::TransactionResult>> WriteDecided(storage::TableStore& store,
                                                      storage::Transaction transaction);

// An empty store for one test. It lives as long as this object.
class StoreHolder {
 public:
  virtual ~StoreHolder() = default;
  virtual storage::TableStore& store() = 0;
  virtual storage::TableScan& scan() = 0;
};

// A store, and the sizes of the races on it.
struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreHolder>()> make;
  int rivals = 64;      // concurrent callers
  int increments = 50;  // by each caller
};

inline std::ostream& operator<<(std::ostream& out, const StoreUnderTest& store) {
  return out << store.name;
}

// The tests of the contract.
class TableStoreContract : public ::testing::TestWithParam<StoreUnderTest> {
 protected:
  TableStoreContract() : holder_(GetParam().make()) {}

  storage::TableStore& store() { return holder_->store(); }

  // Synchronous calls. Writes are retried until they are decided.
  storage::TransactionResult Write(const storage::Transaction& transaction);
  ErrorCode WriteError(const storage::Transaction& transaction);
  std::vector<std::optional<storage::Item>> Get(const std::vector<storage::Key>& keys);
  std::vector<std::optional<storage::Item>> GetEach(const std::vector<storage::Key>& keys);
  std::optional<storage::Item> GetOne(const storage::Key& key);
  storage::Page Query(const storage::QueryRange& range);
  storage::ScanPage Scan(const storage::ScanRange& range);

 private:
  std::unique_ptr<StoreHolder> holder_;
};

}  // namespace users::testing
