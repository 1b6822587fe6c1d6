#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/connection_pool.h"
#include "net/http_message.h"
#include "net/url.h"

namespace users::net {

struct HttpClientOptions {
  std::chrono::milliseconds connect_time{1'000};  // for each address, and again for TLS
  std::chrono::milliseconds read_time{5'000};     // without a byte from the server; max(): no limit
  // A server closes what is idle some day: DynamoDB Local after 20 to 33 s.
  std::chrono::milliseconds most_idle_time{15'000};
  std::size_t most_idle_connections = 64;  // of each io_context
  HttpLimits limits;
  std::string ca_file;      // PEM; empty: `ca_pem`
  std::string_view ca_pem;  // outlives the client; empty: the system's authorities
};

struct HttpClientStatistics {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections{0};  // opened
};

// Sends HTTP/1.1 requests to one server and keeps connections alive between them. Thread-safe: each
// io_context has connections of its own, without locks.
class HttpClient {
 public:
  explicit HttpClient(Url server, HttpClientOptions options = {});

  // An answer of any status; redirects are not followed. An Error is kUnavailable, and the server
  // may have seen the request all the same, even twice: one that travels on a connection that was
  // used before, and that ends before a byte of the answer, is sent again on a new one. kInternal:
  // the request cannot be written. Its message is for the log, and quotes nothing that was sent.
  Task<Result<HttpAnswer>> Send(OutgoingRequest request, Deadline deadline);

  // Opens a connection ahead of its need and keeps it for the next Send of this io_context.
  Task<Status> Open(Deadline deadline);

  const Url& server() const { return server_; }
  const HttpClientStatistics& statistics() const { return statistics_; }

 private:
  Result<std::shared_ptr<boost::asio::ssl::context>> Tls();
  Task<Result<std::unique_ptr<ClientConnection>>> NewConnection(Deadline deadline);
  struct Attempt;
  Task<Attempt> TryOnce(const std::string& request, ClientConnection& connection,
                        Deadline deadline);

  const Url server_;
  const HttpClientOptions options_;
  const std::shared_ptr<const ConnectionPool::Owner> owner_;
  HttpClientStatistics statistics_;
  std::mutex tls_mutex_;
  std::shared_ptr<boost::asio::ssl::context> tls_;  // made at the first need
};

}  // namespace users::net
