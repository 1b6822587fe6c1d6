#include "storage/dynamodb/table_setup.h"

#include "base/async/timer.h"
#include "storage/dynamodb/responses.h"

namespace users::storage::dynamodb {
namespace {

constexpr std::chrono::milliseconds kLeasePollInterval{20};
constexpr std::string_view kProbe = "PROBE";  // a key that no item has

constexpr const char* kNoResponse = "the store cannot be reached; see the log";

Error At(const std::string& table, const std::string& what) {
  return Error::Unavailable(table + ": " + what);
}

// A message for an operator. It contains no text from the service, which may quote anything.
std::string Explained(const std::string& error) {
  if (error == "ResourceNotFoundException") return "there is no such table";
  if (error == "ValidationException") return "its key is not PK and SK, or its name is not valid";
  if (error == "AccessDeniedException" || error == "AccessDenied") {
    return "these credentials may not use it";
  }
  return "the store rejected the call: " + error;
}

Task<Status> CreateTable(aws::JsonClient& client, const TableNames& names, Table table,
                         Deadline deadline) {
  const std::string& name = names.Of(table);
  aws::JsonCall create("CreateTable", CreateTableBody(names, table));
  auto created = co_await client.Call(std::move(create), deadline);
  if (!created.ok()) co_return At(name, kNoResponse);
  if (!created->error.empty() && created->error != "ResourceInUseException") {
    co_return At(name, Explained(created->error));
  }
  while (true) {
    aws::JsonCall describe("DescribeTable", DescribeTableBody(name));
    auto described = co_await client.Call(std::move(describe), deadline);
    if (!described.ok()) co_return At(name, kNoResponse);
    if (!described->error.empty()) co_return At(name, Explained(described->error));
    if (ReadTableStatus(described->body) == "ACTIVE") co_return Done{};
    const Deadline again = DeadlineIn(kLeasePollInterval);
    if (again >= deadline) co_return At(name, "was not created in time");
    co_await SleepUntil(again);
  }
}

}  // namespace

Task<Status> CheckTables(aws::JsonClient& client, const TableNames& names, Deadline deadline) {
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    const Key key(table, std::string(kProbe), table == Table::kUsers ? std::string(kProbe) : "");
    aws::JsonCall get("GetItem", GetItemBody(names, key));
    auto response = co_await client.Call(std::move(get), deadline);
    if (!response.ok()) co_return At(names.Of(table), kNoResponse);
    if (!response->error.empty()) co_return At(names.Of(table), Explained(response->error));
  }
  co_return Done{};
}

Task<Status> CreateTables(aws::JsonClient& client, const TableNames& names,
                          std::string ttl_attribute, Deadline deadline) {
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    auto created = co_await CreateTable(client, names, table, deadline);
    if (!created.ok()) co_return std::move(created.error());
  }
  aws::JsonCall expire("UpdateTimeToLive", UpdateTimeToLiveBody(names.idempotency, ttl_attribute));
  auto response = co_await client.Call(std::move(expire), deadline);
  if (!response.ok()) co_return At(names.idempotency, kNoResponse);
  // A ValidationException means that expiry is enabled already.
  if (!response->error.empty() && response->error != "ValidationException") {
    co_return At(names.idempotency, Explained(response->error));
  }
  co_return Done{};
}

}  // namespace users::storage::dynamodb
