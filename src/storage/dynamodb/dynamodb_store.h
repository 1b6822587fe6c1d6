#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/service.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/dynamodb/requests.h"
#include "storage/table_store.h"

namespace users::storage::dynamodb {

// How DynamoDB is spoken to.
aws::ServiceOptions DynamoDbService();

struct DynamoDbStoreOptions {
  TableNames tables;
  std::string endpoint;  // empty: as the environment says, AWS's own at last
  std::string ca_file;   // empty: AWS_CA_BUNDLE; at last AWS's roots, the system's elsewhere
  net::HttpClientOptions http;
  aws::RetryRules retries;
};

// DynamoDB, or any engine with its protocol, behind the storage port. Its own connections for each
// io_context that calls it. A server of this store has no state of its own, so any number of them
// can work on one pair of tables.
class DynamoDbStore : public TableStore {
 public:
  // Region, credentials and endpoint come from the environment, as every AWS SDK reads them; where
  // the endpoint is overridden the region may be missing (us-east-1 then). Connects to nothing. An
  // error's message is for the operator. `clock` and `log` outlive the store.
  static Result<std::unique_ptr<DynamoDbStore>> Open(const DynamoDbStoreOptions& options,
                                                     const aws::Environment& environment,
                                                     const Clock& clock, const Log& log);

  // Opens a connection ahead of its need, for the io_context that awaits it.
  virtual Task<Status> Connect(Deadline deadline) = 0;

  // Whether both tables can be read. An error's message is for the operator and begins with the
  // name of the table.
  virtual Task<Status> CheckTables(Deadline deadline) = 0;

  // For local engines: makes the tables that are not there, with expiry by `ttl_attribute`, and
  // waits until they can be used.
  virtual Task<Status> CreateTables(std::string ttl_attribute, Deadline deadline) = 0;

  // Whether the endpoint is AWS's own.
  virtual bool is_on_aws() const = 0;

  virtual const aws::JsonClientStatistics& statistics() const = 0;
  virtual const net::HttpClientStatistics& http_statistics() const = 0;
};

}  // namespace users::storage::dynamodb
