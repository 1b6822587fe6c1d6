#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "storage/table_store.h"

// What every adapter of the storage port must do, written against DynamoDB's semantics. An
// adapter's test program links these tests and instantiates them with its own store:
//   INSTANTIATE_TEST_SUITE_P(Local, TableStoreContract, ::testing::Values(StoreUnderTest{...}));
namespace users::testing {

// For a call in a test.
inline constexpr std::chrono::seconds kPatience{60};

// Writes until it is decided: conflicts and throttling, which an adapter may report, are tried
// again.
Task<Result<storage::TransactionResult>> WriteDecided(storage::TableStore& store,
                                                      storage::Transaction transaction);

// An empty store of the test's own, alive while the pointer is.
class StoreHolder {
 public:
  virtual ~StoreHolder() = default;
  virtual storage::TableStore& store() = 0;
};

struct StoreUnderTest {
  std::string name;
  std::function<std::unique_ptr<StoreHolder>()> make;
  int rivals = 64;      // in races
  int increments = 50;  // of each rival
};

inline std::ostream& operator<<(std::ostream& out, const StoreUnderTest& store) {
  return out << store.name;
}

class TableStoreContract : public ::testing::TestWithParam<StoreUnderTest> {
 protected:
  TableStoreContract() : holder_(GetParam().make()) {}

  storage::TableStore& store() { return holder_->store(); }

  // The calls, waited for, and writes decided.
  storage::TransactionResult Write(const storage::Transaction& transaction);
  ErrorCode WriteError(const storage::Transaction& transaction);
  std::vector<std::optional<storage::Item>> Get(const std::vector<storage::Key>& keys);
  std::optional<storage::Item> GetOne(const storage::Key& key);
  storage::Page Query(const storage::QueryRange& range);

 private:
  std::unique_ptr<StoreHolder> holder_;
};

}  // namespace users::testing
