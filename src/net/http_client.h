#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "net/connection_pool.h"
#include "net/http_message.h"
#include "net/url.h"

namespace users::net {

// The time-outs and limits of a client.
struct HttpClientOptions {
  std::chrono::milliseconds connect_time{1'000};  // for each address, and again for TLS
  std::chrono::milliseconds read_time{5'000};  // between two reads from the server; max(): no limit
  // Must be shorter than the servers' own limit. That of DynamoDB Local is 20 to 33 s.
  std::chrono::milliseconds max_idle_time{15'000};
  std::size_t max_idle_connections = 64;  // of each io_context
  HttpLimits limits;
  std::string ca_file;      // PEM; empty: `ca_pem`
  std::string_view ca_pem;  // must outlive the client; empty: the system's authorities
};

// Counters of a client. They may be read on any thread.
struct HttpClientStatistics {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> connections{0};  // opened
};

// Sends HTTP/1.1 requests to one server and keeps connections alive between them. Thread-safe: each
// io_context has its own connections, without locks.
class HttpClient {
 public:
  // Does not connect.
  explicit HttpClient(Url server, HttpClientOptions options = {});

  // Sends a request and returns the response, whatever its status. Redirects are not followed.
  // Fails with
  // - kUnavailable: there was no complete response. The server may have received the request, even
  //   twice: if a reused connection ends before the first byte of the response, the request is sent
  //   again on a new connection.
  // - kInternal: the request cannot be written as HTTP.
  //
  // The message is for the log and quotes nothing of the request.
  Task<Result<IncomingResponse>> Send(OutgoingRequest request, Deadline deadline);

  // Opens a connection in advance and keeps it for the next Send on this io_context. Fails with
  // kUnavailable.
  Task<Status> Open(Deadline deadline);

  // The server that requests go to, and the counters.
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
  Mutex tls_mutex_;
  // Created when first needed.
  std::shared_ptr<boost::asio::ssl::context> tls_ USERS_GUARDED_BY(tls_mutex_);
};

}  // namespace users::net
