#include "engines/scan.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "engines/dynamodb_tables.h"
#include "storage/dynamodb/item_json.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

namespace bj = boost::json;
using storage::Key;
using storage::Table;

std::string PartitionOf(const bj::object& attributes) {
  return std::string(attributes.at("PK").at("S").as_string());
}

}  // namespace

std::vector<StoredItem> ScanTables(const std::string& url,
                                   const storage::dynamodb::TableNames& names) {
  const SystemClock clock;
  MemorySink sink;
  const Log log(sink, clock, LogLevel::kError);
  net::HttpClient http(*net::ParseUrl(url));
  aws::CredentialsProvider credentials(aws::MakeStaticSource(EngineCredentials()), clock, log);
  aws::JsonService service = storage::dynamodb::DynamoDbService().protocol;
  service.region = "us-east-1";
  aws::JsonClient client(http, credentials, service, clock, log);

  std::vector<StoredItem> items;
  for (const Table table : {Table::kUsers, Table::kIdempotency}) {
    bj::object request = {{"TableName", names.Of(table)}, {"ConsistentRead", true}};
    while (true) {
      aws::JsonCall call("Scan", bj::serialize(request));
      const auto response =
          RunTask(client.Call(std::move(call), DeadlineIn(std::chrono::seconds(60))));
      EXPECT_TRUE(response.ok() && response->error.empty());
      if (!response.ok() || !response->error.empty()) return items;
      for (const bj::value& value : response->body.at("Items").as_array()) {
        const auto& attributes = value.as_object();
        auto item = storage::dynamodb::DecodeItem(attributes);
        EXPECT_TRUE(item);
        items.emplace_back(
            Key(table, PartitionOf(attributes), *storage::dynamodb::DecodeSort(attributes)),
            std::move(*item));
      }
      const auto* last = response->body.if_contains("LastEvaluatedKey");
      if (last == nullptr || last->is_null()) break;
      request["ExclusiveStartKey"] = *last;
    }
  }
  return items;
}

}  // namespace users::testing
