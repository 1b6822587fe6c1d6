#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/json_client.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/task.h"
#include "net/http_client.h"

namespace users::aws {

// Which service, and how it is spoken to.
struct ServiceOptions {
  ServiceName name;      // as its endpoints are called
  JsonService protocol;  // the region is found by Open
  std::string endpoint;  // empty: as the environment says, AWS's own at last
  std::string ca_file;   // empty: AWS_CA_BUNDLE; at last AWS's roots, the system's elsewhere
  net::HttpClientOptions http;
};

// A service of AWS, or an engine with its protocol, with connections and credentials of its own.
// Thread-safe.
class Service {
 public:
  // Region, credentials and endpoint come from the environment, as every AWS SDK reads them; where
  // the endpoint is overridden the region may be missing (us-east-1 then). Connects to nothing. An
  // error's message is for the operator. `clock` and `log` outlive the service.
  static Result<std::unique_ptr<Service>> Open(ServiceOptions options,
                                               const Environment& environment, const Clock& clock,
                                               const Log& log);

  // Opens a connection ahead of its need, for the io_context that awaits it.
  Task<Status> Connect(Deadline deadline) { return http_.Open(deadline); }

  JsonClient& client() { return client_; }
  // Whether the endpoint is AWS's own.
  bool is_on_aws() const { return is_on_aws_; }
  const net::HttpClientStatistics& http_statistics() const { return http_.statistics(); }

 private:
  Service(bool is_on_aws, net::Url url, net::HttpClientOptions http, JsonService protocol,
          std::unique_ptr<CredentialsSource> source, const Clock& clock, const Log& log)
      : is_on_aws_(is_on_aws),
        http_(std::move(url), std::move(http)),
        credentials_(std::move(source), clock, log),
        client_(http_, credentials_, std::move(protocol), clock, log) {}

  const bool is_on_aws_;
  net::HttpClient http_;
  CredentialsProvider credentials_;
  JsonClient client_;
};

}  // namespace users::aws
