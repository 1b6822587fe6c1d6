#include "contract/table_store_contract.h"

#include <algorithm>

#include "support/run_task.h"

namespace users::testing {

using storage::Item;
using storage::Key;
using storage::OpOutcome;
using storage::Page;
using storage::QueryRange;
using storage::Transaction;
using storage::TransactionResult;

namespace {

bool IsUndecided(const TransactionResult& result) {
  return std::any_of(result.reasons.begin(), result.reasons.end(), [](const auto& reason) {
    return reason.outcome == OpOutcome::kConflict || reason.outcome == OpOutcome::kThrottled;
  });
}

}  // namespace

Task<Result<TransactionResult>> WriteDecided(storage::TableStore& store, Transaction transaction) {
  while (true) {
    Transaction copy = transaction;
    auto result = co_await store.TransactWrite(std::move(copy), DeadlineIn(kPatience));
    if (!result.ok() || !IsUndecided(*result)) co_return result;
  }
}

TransactionResult TableStoreContract::Write(const Transaction& transaction) {
  auto result = RunTask(WriteDecided(store(), transaction));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : TransactionResult();
}

ErrorCode TableStoreContract::WriteError(const Transaction& transaction) {
  auto result = RunTask(WriteDecided(store(), transaction));
  EXPECT_FALSE(result.ok());
  return result.ok() ? ErrorCode::kNotFound : result.error().code;
}

std::vector<std::optional<Item>> TableStoreContract::Get(const std::vector<Key>& keys) {
  auto result = RunTask(store().Get(keys, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : std::vector<std::optional<Item>>(keys.size());
}

std::vector<std::optional<Item>> TableStoreContract::GetEach(const std::vector<Key>& keys) {
  auto result = RunTask(store().GetEach(keys, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : std::vector<std::optional<Item>>(keys.size());
}

std::optional<Item> TableStoreContract::GetOne(const Key& key) {
  return Get({key}).front();
}

Page TableStoreContract::Query(const QueryRange& range) {
  auto result = RunTask(store().Query(range, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : Page();
}

storage::ScanPage TableStoreContract::Scan(const storage::ScanRange& range) {
  auto result = RunTask(holder_->scan().Scan(range, DeadlineIn(kPatience)));
  EXPECT_TRUE(result.ok()) << result.error().message;
  return result.ok() ? *result : storage::ScanPage();
}

}  // namespace users::testing
