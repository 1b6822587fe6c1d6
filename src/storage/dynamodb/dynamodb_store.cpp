#include "storage/dynamodb/dynamodb_store.h"

#include <algorithm>
#include <limits>

#include "base/async/timer.h"
#include "base/async/when_all.h"
#include "base/ulid.h"
#include "storage/dynamodb/query_merge.h"
#include "storage/dynamodb/responses.h"
#include "storage/dynamodb/table_setup.h"

namespace users::storage::dynamodb {
namespace {

constexpr std::size_t kMaxConcurrentReads = 32;
// A batch has up to 16 MB of items, and their JSON is longer.
constexpr std::size_t kMaxResponseBytes = 64 << 20;

class Store final : public DynamoDbStore {
 public:
  Store(TableNames tables, const aws::RetryRules& retries, std::unique_ptr<aws::Service> service,
        const Clock& clock, const Log& log)
      : tables_(std::move(tables)),
        retries_(retries),
        service_(std::move(service)),
        client_(service_->client()),
        clock_(clock),
        log_(log) {}

  Task<Result<TransactionResult>> TransactWrite(Transaction transaction,
                                                Deadline deadline) override {
    if (auto checked = CheckTransaction(transaction); !checked.ok()) {
      log_.Error("store_misused").Text("reason", checked.error().message);
      co_return Error::Internal();
    }
    const std::string token = RandomUlid(clock_).ToString();
    aws::JsonCall call("TransactWriteItems", TransactWriteBody(tables_, transaction, token));
    call.classify = ClassifyTransaction;
    auto response = co_await client_.Call(std::move(call), deadline);
    if (!response.ok()) co_return std::move(response.error());
    if (response->error.empty()) {
      TransactionResult committed;
      committed.committed = true;
      co_return committed;
    }
    if (response->error == kCancelled) {
      auto result = ReadCancellation(response->body, transaction.size());
      if (result) co_return std::move(*result);
    }
    co_return Rejected("TransactWriteItems", *response);
  }

  Task<Result<std::vector<std::optional<Item>>>> Get(std::vector<Key> keys,
                                                     Deadline deadline) override {
    if (keys.size() == 1) co_return co_await GetOne(std::move(keys.front()), deadline);
    aws::JsonCall call("TransactGetItems", TransactGetBody(tables_, keys));
    call.classify = ClassifyTransaction;
    // A read that conflicts with writes is not a fault. Retry until the deadline.
    call.max_contended_attempts = std::numeric_limits<int>::max();
    auto response = co_await client_.Call(std::move(call), deadline);
    if (!response.ok()) co_return std::move(response.error());
    if (ClassifyTransaction(*response) == aws::RetryKind::kContention) {
      co_return Error::Unavailable("The store is busy. Try again.");
    }
    if (!response->error.empty()) co_return Rejected("TransactGetItems", *response);
    auto items = ReadItems(response->body, keys.size());
    if (!items) co_return Broken("TransactGetItems");
    co_return std::move(*items);
  }

  Task<Result<std::vector<std::optional<Item>>>> GetEach(std::vector<Key> keys,
                                                         Deadline deadline) override {
    if (auto checked = CheckBatch(keys); !checked.ok()) {
      log_.Error("store_misused").Text("reason", checked.error().message);
      co_return Error::Internal();
    }
    std::vector<std::optional<Item>> items(keys.size());
    std::vector<Key> missing = keys;
    for (int round = 0; !missing.empty(); ++round) {
      if (round > 0) {
        // The table is busy, or the items are more than one response may hold.
        const auto delay = aws::RetryDelay(retries_, aws::RetryKind::kTransient, round - 1);
        const Deadline next = std::chrono::steady_clock::now() + delay;
        if (next >= deadline) co_return Error::Unavailable("The store is busy. Try again.");
        co_await SleepUntil(next);
      }
      aws::JsonCall call("BatchGetItem", BatchGetBody(tables_, missing));
      auto response = co_await client_.Call(std::move(call), deadline);
      if (!response.ok()) co_return std::move(response.error());
      if (!response->error.empty()) co_return Rejected("BatchGetItem", *response);
      auto part = ReadBatch(response->body, tables_);
      if (!part) co_return Broken("BatchGetItem");
      for (auto& [key, item] : part->found) {
        const auto place = std::find(keys.begin(), keys.end(), key);
        if (place == keys.end()) co_return Broken("BatchGetItem");
        items[static_cast<std::size_t>(place - keys.begin())] = std::move(item);
      }
      missing = std::move(part->unprocessed);
    }
    co_return items;
  }

  Task<Result<Page>> Query(QueryRange range, Deadline deadline) override {
    // DynamoDB rejects a start behind the upper bound.
    if (range.IsEmpty()) co_return Page();
    QueryMerge merge(range.partitions.size(), range.after, range.limit);
    while (true) {
      const std::vector<QueryMerge::Ask> asks = merge.Next();
      if (asks.empty()) co_return merge.FinishPage();
      for (std::size_t done = 0; done < asks.size(); done += kMaxConcurrentReads) {
        const std::size_t end = std::min(asks.size(), done + kMaxConcurrentReads);
        std::vector<Task<Result<PartitionRows>>> reads;
        for (std::size_t i = done; i < end; ++i) {
          reads.push_back(QueryOne(range.table, range.partitions[asks[i].partition], asks[i].after,
                                   range.last, asks[i].limit, deadline));
        }
        auto found = co_await WhenAll(std::move(reads));
        for (std::size_t i = done; i < end; ++i) {
          auto& rows = found[i - done];
          if (!rows.ok()) co_return std::move(rows.error());
          merge.AddRows(asks[i].partition, std::move(*rows));
        }
      }
    }
  }

  Task<Result<ScanPage>> Scan(ScanRange range, Deadline deadline) override {
    aws::JsonCall call("Scan", ScanBody(tables_, range));
    auto response = co_await client_.Call(std::move(call), deadline);
    if (!response.ok()) co_return std::move(response.error());
    if (!response->error.empty()) co_return Rejected("Scan", *response);
    auto page = ReadScan(response->body, range.table);
    if (!page) co_return Broken("Scan");
    co_return std::move(*page);
  }

  Task<Status> Connect(Deadline deadline) override { return service_->Connect(deadline); }
  Task<Status> CheckTables(Deadline deadline) override {
    return dynamodb::CheckTables(client_, tables_, deadline);
  }
  Task<Status> CreateTables(std::string ttl_attribute, Deadline deadline) override {
    return dynamodb::CreateTables(client_, tables_, std::move(ttl_attribute), deadline);
  }
  bool is_on_aws() const override { return service_->is_on_aws(); }
  const aws::JsonClientStatistics& statistics() const override { return client_.statistics(); }
  const net::HttpClientStatistics& http_statistics() const override {
    return service_->http_statistics();
  }

 private:
  Task<Result<std::vector<std::optional<Item>>>> GetOne(Key key, Deadline deadline) {
    aws::JsonCall call("GetItem", GetItemBody(tables_, key));
    auto response = co_await client_.Call(std::move(call), deadline);
    if (!response.ok()) co_return std::move(response.error());
    if (!response->error.empty()) co_return Rejected("GetItem", *response);
    auto item = ReadItem(response->body);
    if (!item) co_return Broken("GetItem");
    std::vector<std::optional<Item>> items;
    items.push_back(std::move(*item));
    co_return items;
  }

  Task<Result<PartitionRows>> QueryOne(Table table, std::string partition, std::string after,
                                       std::string last, std::size_t limit, Deadline deadline) {
    aws::JsonCall call("Query", QueryBody(tables_, table, partition, after, last, limit));
    auto response = co_await client_.Call(std::move(call), deadline);
    if (!response.ok()) co_return std::move(response.error());
    if (!response->error.empty()) co_return Rejected("Query", *response);
    auto rows = ReadQuery(response->body);
    if (!rows) co_return Broken("Query");
    if (rows->last && !last.empty() && *rows->last >= last) rows->last.reset();
    co_return std::move(*rows);
  }

  // An error that a retry cannot fix. Its text may quote the request, so only its name is logged.
  Error Rejected(std::string_view operation, const aws::JsonResponse& response) const {
    log_.Error("store_call_rejected").Text("operation", operation).Text("reason", response.error);
    const bool is_ours = response.error == "ValidationException" || response.error == kCancelled ||
                         response.error == "SerializationException" ||
                         response.error == "IdempotentParameterMismatchException";
    return is_ours ? Error::Internal() : Error::Unavailable("The store cannot be reached.");
  }

  Error Broken(std::string_view operation) const {
    log_.Error("store_item_broken").Text("doing", operation);
    return Error::Internal();
  }

  const TableNames tables_;
  const aws::RetryRules retries_;
  const std::unique_ptr<aws::Service> service_;
  aws::JsonClient& client_;
  const Clock& clock_;
  const Log& log_;
};

}  // namespace

aws::ServiceOptions DynamoDbService() {
  aws::ServiceOptions options;
  options.name = {"DYNAMODB", "dynamodb"};
  options.protocol.signing_name = "dynamodb";
  options.protocol.target_prefix = "DynamoDB_20120810";
  options.protocol.content_type = "application/x-amz-json-1.0";
  return options;
}

Result<std::unique_ptr<DynamoDbStore>> DynamoDbStore::Open(const DynamoDbStoreOptions& options,
                                                           const aws::Environment& environment,
                                                           const Clock& clock, const Log& log) {
  aws::ServiceOptions service_options = DynamoDbService();
  service_options.protocol.retries = options.retries;
  service_options.endpoint = options.endpoint;
  service_options.ca_file = options.ca_file;
  service_options.http = options.http;
  service_options.http.limits.max_body_bytes = kMaxResponseBytes;
  auto service = aws::Service::Open(std::move(service_options), environment, clock, log);
  if (!service.ok()) return std::move(service.error());
  return std::unique_ptr<DynamoDbStore>(
      std::make_unique<Store>(options.tables, options.retries, std::move(*service), clock, log));
}

}  // namespace users::storage::dynamodb
