#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/request.h"
#include "base/result.h"
#include "base/task.h"
#include "net/http_head.h"

namespace boost::asio::ssl {
class context;
}

// An HTTP/1.1 server: connections, their limits and time-outs, framing, TLS, drain. What requests
// mean is the business of a RequestHandler.
namespace users::server {

struct HttpResponse;

// A request that is being served, for the case that its time ends before its handler does.
class PendingAnswer {
 public:
  virtual ~PendingAnswer() = default;
  // The response to send now. Called at most once, while Handle is suspended, on its thread. What
  // Handle returns later is dropped.
  virtual HttpResponse TimeOut() = 0;
};

// A whole request. The views live until Handle returns.
struct HttpRequest {
  const net::RequestHead& head;
  std::string_view body;
  std::string_view client_address;  // without the port; IPv4 where it is mapped into IPv6
  // Set by the handler if it can be timed out. If it is null, the connection is closed instead.
  mutable PendingAnswer* pending = nullptr;
};

struct HttpResponse {
  int status = 200;
  std::string
      headers;  // whole lines, each with its CRLF; the server adds those that frame and Date
  std::string body;
  // Who the caller is, if it has proved that and may do what it asked for; 0 otherwise. The
  // connections of known callers are not closed to make room for strangers.
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
  // The response to bytes that are not a request: malformed or too large. The connection is closed.
  // The head is what could be read of it; there is no body.
  virtual HttpResponse Refuse(const Error& error, const HttpRequest& request) = 0;
  // Called on the handler's thread a few times per second.
  virtual void Tick() {}
};

struct HttpServerOptions {
  boost::asio::ip::tcp::endpoint listen;
  unsigned threads = 1;
  // The TLS context of a new connection, asked for on the acceptor's thread; empty: no TLS.
  std::function<std::shared_ptr<boost::asio::ssl::context>()> tls_context;
  // Above that, a new connection takes the place of the one that has waited longest for its client,
  // strangers first. A connection is known, not a stranger, while its last request had a caller_id.
  // Of the connections, at most three quarters are known, and at most one quarter is known as the
  // same caller.
  std::size_t most_connections = 10'000;
  // The memory of all strangers' connections: what they have sent, the responses that they have not
  // read yet, TLS. Above that, the stranger that has waited longest for its client is closed.
  std::size_t max_stranger_bytes = 128 << 20;
  std::size_t most_body_bytes = api::kMostBodyBytes;
  std::chrono::milliseconds head_time{10'000};
  std::chrono::milliseconds body_time{20'000};
  std::chrono::milliseconds idle_time{75'000};
  // Then a request is timed out, whatever its handler waits for. The response must leave within the
  // ten seconds of the contract, and connections are looked after four times a second.
  std::chrono::milliseconds answer_time{9'500};
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds linger_time{2'000};
};

// Its methods belong on one thread; handlers run on threads of the server's own.
class HttpServer {
 public:
  // Binds and listens, so that a busy port is known at once; connections wait until Start. An
  // error's message says why and goes on one line.
  static Result<std::unique_ptr<HttpServer>> Listen(const HttpServerOptions& options);
  virtual ~HttpServer() = default;

  // Above `most_connections`, so many more can be open for a moment while others are being closed;
  // no more than `most_connections` themselves.
  static constexpr std::size_t kMaxConnectionsAbove = 64;
  // The files that a server with this maximum of connections can have open.
  static std::size_t MaxFiles(std::size_t most_connections);

  virtual boost::asio::ip::tcp::endpoint endpoint() const = 0;

  // Serves. `make_handler` is called once for each thread; handlers live as long as the server.
  virtual void Start(const std::function<std::unique_ptr<RequestHandler>()>& make_handler) = 0;

  // Accepts no more, closes idle connections, lets begun requests finish for at most this long, and
  // returns when all threads have stopped. False if requests had to be cut off.
  virtual bool Drain(std::chrono::milliseconds at_most) = 0;

  // Connections that are open now. Thread-safe.
  virtual std::size_t connections() const = 0;
  // Of these, the ones that are known, and what the others hold in memory. Thread-safe.
  virtual std::size_t known_connections() const = 0;
  virtual std::size_t stranger_bytes() const = 0;
};

}  // namespace users::server
