#include "wiring/lambda/operation_function.h"

#include "lambda_runtime/function.h"
#include "lambda_runtime/operation_handler.h"
#include "lambda_runtime/traced_store.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "wiring/lambda/configuration.h"

namespace users::wiring {
namespace {

using lambda_runtime::Function;
using lambda_runtime::TraceCalls;
using storage::dynamodb::DynamoDbStore;

// The parts that handle requests. Each needs only parts before it.
struct OperationParts {
  OperationParts(FunctionConfiguration read, std::unique_ptr<DynamoDbStore> opened,
                 api::Operation operation, api::Handler& operation_handler, Function& function)
      : configuration(std::move(read)),
        store(std::move(opened)),
        traced(TraceCalls(*store, function.tracer(), function.clock(), configuration.tables.users)),
        user_ids(function.clock()),
        users(*traced, configuration.roles, user_ids, function.clock(), function.log(),
              OptionsOf(configuration)),
        handler(function.name(), operation, operation_handler, users, function.clock(),
                function.log()) {}

  static service::UserServiceOptions OptionsOf(const FunctionConfiguration& configuration) {
    service::UserServiceOptions options;
    options.list_shards = configuration.list_shards;
    return options;
  }

  const FunctionConfiguration configuration;
  const std::unique_ptr<DynamoDbStore> store;
  const std::unique_ptr<storage::TableStore> traced;
  UlidGenerator user_ids;
  service::UserService users;
  lambda_runtime::OperationHandler handler;
};

}  // namespace

int RunOperation(api::Operation operation, api::Handler& handler) {
  const auto build = [&](Function& function) -> Result<lambda_runtime::Handler, ProgramError> {
    auto configuration = ReadConfiguration(api::RowOf(operation).needs, function.environment());
    if (!configuration.ok()) return std::move(configuration.error());
    storage::dynamodb::DynamoDbStoreOptions options;
    options.tables = configuration->tables;
    auto store =
        DynamoDbStore::Open(options, function.environment(), function.clock(), function.log());
    if (!store.ok()) return ProgramError::Fault(InOneLine(store.error()));
    OperationParts& parts = function.Keep(std::make_unique<OperationParts>(
        std::move(*configuration), std::move(*store), operation, handler, function));
    function.SetOversizeFallback([&parts] { return parts.handler.FailureResponse(); });
    function.Prepare(parts.store->Connect(DeadlineIn(lambda_runtime::kPreparationTime)));
    return lambda_runtime::Handler([&parts](const lambda_runtime::Invocation& invocation) {
      return parts.handler.Handle(invocation);
    });
  };
  return Function::Run(build);
}

}  // namespace users::wiring
