#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/dynamodb/requests.h"
#include "storage/table_scan.h"
#include "storage/table_store.h"

namespace users::storage::dynamodb {

// The options of a client of DynamoDB.
aws::ServiceOptions DynamoDbService();

// The tables and how to reach them.
struct DynamoDbStoreOptions {
  TableNames tables;
  std::string endpoint;  // empty: from the environment, or else AWS's own
  std::string ca_file;   // empty: AWS_CA_BUNDLE, or else the roots of AWS or of the system
  net::HttpClientOptions http;
  aws::RetryRules retries;
};

// The storage ports on DynamoDB or any engine with its protocol. It has separate connections for
// each io_context that calls it. A server with this store keeps no state, so any number of
// servers can share one pair of tables. Thread-safe.
class DynamoDbStore : public TableStore, public TableScan {
 public:
  // Opens the store without connecting. Region, credentials and endpoint come from the environment,
  // as every AWS SDK reads them. If the endpoint is overridden, the region may be missing (then it
  // is us-east-1). Fails like aws::Service::Open; the message is for the operator. `clock` and
  // `log` must outlive the store.
  static Result<std::unique_ptr<DynamoDbStore>> Open(const DynamoDbStoreOptions& options,
                                                     const aws::Environment& environment,
                                                     const Clock& clock, const Log& log);

  // Opens a connection in advance, for the io_context that awaits it. Fails with kUnavailable if
  // the connection cannot be opened before the deadline.
  virtual Task<Status> Connect(Deadline deadline) = 0;

  // Checks that both tables can be read. Fails with kUnavailable; the message is for the operator
  // and begins with the name of the table.
  virtual Task<Status> CheckTables(Deadline deadline) = 0;

  // For local engines: creates the tables that are missing, with expiry by `ttl_attribute`, and
  // waits until they can be used. Fails like CheckTables.
  virtual Task<Status> CreateTables(std::string ttl_attribute, Deadline deadline) = 0;

  // Returns whether the endpoint is AWS's own.
  virtual bool is_on_aws() const = 0;

  // Counters of the calls and of the connections.
  virtual const aws::JsonClientStatistics& statistics() const = 0;
  virtual const net::HttpClientStatistics& http_statistics() const = 0;
};

}  // namespace users::storage::dynamodb
