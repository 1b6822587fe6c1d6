#include "wiring/lambda/traced_store.h"

namespace users::wiring {
namespace {

using lambda_runtime::TracedCall;
using lambda_runtime::Tracer;

class TracedStore final : public storage::TableStore {
 public:
  TracedStore(storage::TableStore& store, Tracer& tracer, const Clock& clock, std::string table)
      : store_(store), tracer_(tracer), clock_(clock), table_(std::move(table)) {}

  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction transaction,
                                                         Deadline deadline) override {
    return Traced("TransactWriteItems", store_.TransactWrite(std::move(transaction), deadline));
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key> keys,
                                                              Deadline deadline) override {
    const std::string_view operation = keys.size() == 1 ? "GetItem" : "TransactGetItems";
    return Traced(operation, store_.Get(std::move(keys), deadline));
  }
  Task<Result<storage::Page>> Query(storage::QueryRange range, Deadline deadline) override {
    return Traced("Query", store_.Query(std::move(range), deadline));
  }

 private:
  template <class T>
  Task<Result<T>> Traced(std::string_view operation, Task<Result<T>> call) {
    if (!tracer_.is_sampled()) return call;
    return Measured(operation, std::move(call));
  }

  template <class T>
  Task<Result<T>> Measured(std::string_view operation, Task<Result<T>> call) {
    TracedCall traced;
    traced.service = "DynamoDB";
    traced.operation = operation;
    traced.table = table_;
    traced.begin = clock_.Now();
    const auto begin = std::chrono::steady_clock::now();
    auto result = co_await std::move(call);
    traced.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    traced.failed = !result.ok();
    tracer_.Record(traced);
    co_return result;
  }

  storage::TableStore& store_;
  Tracer& tracer_;
  const Clock& clock_;
  const std::string table_;
};

}  // namespace

std::unique_ptr<storage::TableStore> TraceCalls(storage::TableStore& store, Tracer& tracer,
                                                const Clock& clock, std::string table) {
  return std::make_unique<TracedStore>(store, tracer, clock, std::move(table));
}

}  // namespace users::wiring
