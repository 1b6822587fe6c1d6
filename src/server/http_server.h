#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <memory>
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
  // The caller has shown who it is: its connection is not given up while there are strangers'.
  bool is_known_caller = false;
};

// One handler serves the requests of one thread, several at a time.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  virtual Task<HttpResponse> Handle(const HttpRequest& request) = 0;
  // The answer to what never became a request: malformed or too large. The connection is closed.
  // `head` is what could be read of its head.
  virtual HttpResponse Refuse(const Error& error, const net::RequestHead& head,
                              std::string_view client_address) = 0;
};

struct HttpServerOptions {
  boost::asio::ip::tcp::endpoint listen;
  unsigned threads = 1;
  // The TLS context of a new connection, asked for on the acceptor's thread; empty: no TLS.
  std::function<std::shared_ptr<boost::asio::ssl::context>()> tls_context;
  // Above that, a new connection takes the place of the one that has waited longest for its client.
  // No more than half of the files that the process may open: the store needs files too.
  std::size_t most_connections = 10'000;
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

  virtual boost::asio::ip::tcp::endpoint endpoint() const = 0;

  // Serves. `make_handler` is called once for each thread; handlers live as long as the server.
  virtual void Start(const std::function<std::unique_ptr<RequestHandler>()>& make_handler) = 0;

  // Accepts no more, closes idle connections, lets begun requests finish for at most this long, and
  // returns when all threads have stopped. False if requests had to be cut off.
  virtual bool Drain(std::chrono::milliseconds at_most) = 0;

  // Connections that are open now. Thread-safe.
  virtual std::size_t connections() const = 0;
};

}  // namespace users::server
