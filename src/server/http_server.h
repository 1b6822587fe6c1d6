#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/request.h"
#include "api/response.h"
#include "base/async/task.h"
#include "base/result.h"
#include "net/http_head.h"

namespace boost::asio::ssl {
class context;
}

// An HTTP/1.1 server: connections, their limits and time-outs, framing, TLS, drain. A
// RequestHandler handles the requests.
namespace users::server {

// A response to send.
struct HttpResponse;

// A request in progress, which can be timed out before its handler returns.
class PendingResponse {
 public:
  virtual ~PendingResponse() = default;
  // Returns the response to send now. Called at most once, while Handle is suspended, on its
  // thread. The later result of Handle is dropped.
  virtual HttpResponse TimeOut() = 0;
  // Ends the wait that the handler began with ResponseLimit::Stop. Called on its thread, once or
  // several times. A handler that begins no wait has nothing to end.
  virtual void EndWait() {}
};

// The time limit of the response to one request. For the handler's thread only.
class ResponseLimit {
 public:
  virtual ~ResponseLimit() = default;
  // Stops the limit, because the request waits until this time for something that may happen. While
  // it waits, the connection may be closed to make room. `caller_id` is that of the response.
  virtual void Stop(std::chrono::steady_clock::time_point until, std::size_t caller_id) = 0;
  // The wait is over: the limit begins again.
  virtual void Restart() = 0;
};

// A whole request. The views live until Handle returns.
struct HttpRequest {
  const net::RequestHead& head;
  std::string_view body;
  std::string_view client_address;  // without the port; IPv4 where it is mapped into IPv6
  // Set by the handler if it can be timed out. If it is null, the connection is closed instead.
  mutable PendingResponse* pending = nullptr;
  ResponseLimit* limit = nullptr;  // null: the limit cannot be stopped
};

struct HttpResponse {
  int status = 200;
  // Whole lines, each with its CRLF. The server adds Date and the headers that frame the response.
  std::string headers;
  std::string body;
  // Identifies the caller if it is authenticated and its policy allowed the request; otherwise 0.
  // The connections of known callers are not closed to make room for unknown clients.
  std::size_t caller_id = 0;
};

// One handler serves the requests of one thread, several at a time.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  // Called before a body is read, but not for requests without a body. A response means that the
  // request is rejected and its body is not read. Handle checks the head again.
  virtual std::optional<HttpResponse> CheckHead(const HttpRequest& request) = 0;
  virtual Task<HttpResponse> Handle(const HttpRequest& request) = 0;
  // Turns the response to bytes that are not a request (malformed or too large) into the response
  // to send, which may be another one. The connection is closed. The head has the parts that could
  // be read. There is no body.
  virtual HttpResponse Reject(api::Response rejection, const HttpRequest& request) = 0;
  // Called on the handler's thread a few times per second.
  virtual void Tick() {}
};

// The options of a server.
struct HttpServerOptions {
  boost::asio::ip::tcp::endpoint listen;
  unsigned threads = 1;
  // Returns the TLS context for a new connection; called on the acceptor's thread. Empty: no TLS.
  std::function<std::shared_ptr<boost::asio::ssl::context>()> tls_context;
  // Above this number, a new connection replaces the one that has waited longest for its client,
  // unknown ones first. A connection is known while its last request had a caller_id. At most three
  // quarters of the connections are known, and at most one quarter for the same caller.
  std::size_t max_connections = 10'000;
  // The max memory of all unknown connections: bytes received, responses that are not read yet,
  // TLS. Above it, the unknown connection that has waited longest for its client is closed.
  std::size_t max_unknown_client_bytes = 128 << 20;
  std::size_t max_body_bytes = api::kMaxBodyBytes;
  std::chrono::milliseconds head_time{10'000};
  std::chrono::milliseconds body_time{20'000};
  std::chrono::milliseconds idle_time{75'000};
  // After this time a request is timed out, whatever its handler waits for. The response must be
  // sent within the ten seconds of the contract, and deadlines are checked four times a second.
  std::chrono::milliseconds response_time{9'500};
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds linger_time{2'000};
};

// Call the methods from one thread. Handlers run on the server's own threads.
class HttpServer {
 public:
  // Binds and listens, so that a port in use is reported at once. Connections wait until Start. An
  // error's message has the reason, in one line.
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpServerOptions& options);
  virtual ~HttpServer() = default;

  // The number of connections that can be open beyond `max_connections` for a moment, while others
  // are being closed. It is at most `max_connections` itself.
  static constexpr std::size_t kMaxConnectionsAbove = 64;
  // Returns the max number of open files of a server with this max number of connections.
  static std::size_t MaxFiles(std::size_t max_connections);

  // The address on which the server listens. Thread-safe.
  virtual boost::asio::ip::tcp::endpoint endpoint() const = 0;

  // Starts to serve. `make_handler` is called once for each thread. Handlers live as long as the
  // server.
  virtual void Start(const std::function<std::unique_ptr<RequestHandler>()>& make_handler) = 0;

  // Stops accepting, closes idle connections, lets begun requests finish within this time, and
  // returns when all threads have stopped. Returns false if requests had to be cut off.
  virtual bool Drain(std::chrono::milliseconds at_most) = 0;

  // The number of open connections. Thread-safe.
  virtual std::size_t connections() const = 0;
  // The number of known connections, and the memory of the others in bytes. Thread-safe.
  virtual std::size_t known_connections() const = 0;
  virtual std::size_t unknown_client_bytes() const = 0;
};

}  // namespace users::server
