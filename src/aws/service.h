#pragma once

#include <memory>
#include <string>

#include "aws/environment.h"
#include "aws/json_client.h"
#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "net/http_client.h"

namespace users::aws {

// A service and how to reach it.
struct ServiceOptions {
  ServiceName name;      // the name in endpoints and variables
  JsonService protocol;  // Open sets the region
  std::string endpoint;  // empty: from the environment, or else AWS's own
  std::string ca_file;   // empty: AWS_CA_BUNDLE, or else the roots of AWS or of the system
  net::HttpClientOptions http;
};

// A service of AWS, or an engine with its protocol. It has its own connections and credentials.
// Thread-safe.
class Service {
 public:
  // Opens the service without connecting. Region, credentials and endpoint come from the
  // environment, as every AWS SDK reads them. If the endpoint is overridden, the region may be
  // missing (then it is us-east-1). Fails with kValidation (endpoint or region) or kUnavailable
  // (credentials); the message is for the operator. `clock` and `log` must outlive the service.
  static Result<std::unique_ptr<Service>> Open(ServiceOptions options,
                                               const Environment& environment, const Clock& clock,
                                               const Log& log);

  // Opens a connection in advance, for the io_context that awaits it. Fails with kUnavailable if
  // the connection cannot be opened before the deadline.
  Task<Status> Connect(Deadline deadline) { return http_.Open(deadline); }

  // The client that makes the calls.
  JsonClient& client() { return client_; }
  // Returns whether the endpoint is AWS's own.
  bool is_on_aws() const { return is_on_aws_; }
  // Counters of the connections.
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
