#include "wiring/lambda/relay_function.h"

#include "audit/eventbridge/event_bridge_bus.h"
#include "lambda_runtime/function.h"
#include "lambda_runtime/relay_handler.h"
#include "lambda_runtime/traced_bus.h"
#include "lambda_runtime/traced_store.h"
#include "storage/dynamodb/dynamodb_store.h"
#include "wiring/lambda/configuration.h"

namespace users::wiring {
namespace {

using audit::eventbridge::EventBridgeBus;
using lambda_runtime::Function;
using lambda_runtime::TraceCalls;
using storage::dynamodb::DynamoDbStore;

// The parts of the relay. Each needs only parts before it.
struct RelayParts {
  RelayParts(std::string table, std::unique_ptr<DynamoDbStore> opened,
             std::unique_ptr<EventBridgeBus> found, Function& function)
      : store(std::move(opened)),
        bus(std::move(found)),
        traced_store(TraceCalls(*store, function.tracer(), function.clock(), std::move(table))),
        traced_bus(TraceCalls(*bus, function.tracer(), function.clock())),
        handler(function.name(), *traced_bus, *traced_store, function.clock(), function.log()) {}

  const std::unique_ptr<DynamoDbStore> store;
  const std::unique_ptr<EventBridgeBus> bus;
  const std::unique_ptr<storage::TableStore> traced_store;
  const std::unique_ptr<audit::EventBus> traced_bus;
  lambda_runtime::RelayHandler handler;
};

Result<lambda_runtime::Handler, ProgramError> Build(Function& function) {
  auto configuration = ReadConfiguration(api::kNothing, function.environment());
  if (!configuration.ok()) return std::move(configuration.error());
  auto bus_name = Required("EVENT_BUS_NAME", function.environment());
  if (!bus_name.ok()) return std::move(bus_name.error());

  storage::dynamodb::DynamoDbStoreOptions store_options;
  store_options.tables = configuration->tables;
  auto store =
      DynamoDbStore::Open(store_options, function.environment(), function.clock(), function.log());
  if (!store.ok()) return ProgramError::Fault(InOneLine(store.error()));
  audit::eventbridge::EventBridgeOptions bus_options;
  bus_options.bus_name = std::move(*bus_name);
  auto bus =
      EventBridgeBus::Open(bus_options, function.environment(), function.clock(), function.log());
  if (!bus.ok()) return ProgramError::Fault(InOneLine(bus.error()));

  RelayParts& parts = function.Keep(std::make_unique<RelayParts>(
      configuration->tables.users, std::move(*store), std::move(*bus), function));
  // The relay's own responses are small.
  function.SetOversizeFallback([] { return R"({"batchItemFailures":[{"itemIdentifier":""}]})"; });
  function.Prepare(parts.bus->Connect(DeadlineIn(lambda_runtime::kPreparationTime)));
  return lambda_runtime::Handler([&parts](const lambda_runtime::Invocation& invocation) {
    return parts.handler.Handle(invocation);
  });
}

}  // namespace

int RunRelay() {
  return Function::Run(Build);
}

}  // namespace users::wiring
