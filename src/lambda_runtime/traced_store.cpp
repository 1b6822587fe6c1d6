#include "lambda_runtime/traced_store.h"

#include "lambda_runtime/traced_call.h"

namespace users::lambda_runtime {
namespace {

class TracedStore final : public storage::TableStore {
 public:
  TracedStore(storage::TableStore& store, Tracer& tracer, const Clock& clock, std::string table)
      : store_(store), calls_(tracer, clock, "DynamoDB", std::move(table)) {}

  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline deadline) override {
    return calls_.Traced("TransactWriteItems",
                         store_.TransactWrite(std::move(transaction), deadline));
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline deadline) override {
    const std::string_view operation = keys.size() == 1 ? "GetItem" : "TransactGetItems";
    return calls_.Traced(operation, store_.Get(std::move(keys), deadline));
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key> keys,
                                                                  Deadline deadline) override {
    return calls_.Traced("BatchGetItem", store_.GetEach(std::move(keys), deadline));
  }
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline deadline) override {
    return calls_.Traced("Query", store_.Query(std::move(range), deadline));
  }

 private:
  storage::TableStore& store_;
  const TracedCalls calls_;
};

}  // namespace

std::unique_ptr<storage::TableStore> TraceCalls(storage::TableStore& store, Tracer& tracer,
                                                const Clock& clock, std::string table) {
  return std::make_unique<TracedStore>(store, tracer, clock, std::move(table));
}

}  // namespace users::lambda_runtime
