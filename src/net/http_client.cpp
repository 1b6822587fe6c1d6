#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>

namespace users::net {
namespace {

constexpr std::size_t kReadSize = 16 << 10;

}  // namespace

// The outcome of a request on one connection.
struct HttpClient::Attempt {
  std::optional<IncomingResponse> response;
  bool keeps_alive = false;
  // The connection ended before a byte of the response, as happens if the server had closed it.
  bool died_unread = false;
  std::string failure;
};

HttpClient::HttpClient(Url server, HttpClientOptions options)
    : server_(std::move(server)),
      options_(std::move(options)),
      owner_(std::make_shared<ConnectionPool::Owner>()) {}

Result<std::shared_ptr<boost::asio::ssl::context>> HttpClient::Tls() {
  if (!server_.tls) return std::shared_ptr<boost::asio::ssl::context>();
  const MutexLock lock(tls_mutex_);
  if (tls_ == nullptr) {
    auto made = MakeClientTlsContext(options_.ca_file, options_.ca_pem);
    if (!made.ok()) return std::move(made.error());
    tls_ = std::move(*made);
  }
  return tls_;
}

Task<Result<std::unique_ptr<ClientConnection>>> HttpClient::NewConnection(Deadline deadline) {
  auto tls = Tls();
  if (!tls.ok()) co_return std::move(tls.error());
  auto made = co_await Connect(server_, std::move(*tls), options_.connect_time, deadline);
  if (made.ok()) ++statistics_.connections;
  co_return made;
}

Task<Status> HttpClient::Open(Deadline deadline) {
  auto made = co_await NewConnection(deadline);
  if (!made.ok()) co_return std::move(made.error());
  const Executor executor = co_await boost::asio::this_coro::executor;
  ConnectionPool::Of(executor.context())
      .Put(owner_, std::move(*made), options_.max_idle_connections);
  co_return Done{};
}

Task<Result<IncomingResponse>> HttpClient::Send(OutgoingRequest request, Deadline deadline) {
  const auto text = WriteRequest(request, server_.Authority());
  if (!text.ok()) co_return text.error();
  if (HasPassed(deadline)) co_return Error::Unavailable("the deadline has passed");
  ++statistics_.requests;
  const Executor executor = co_await boost::asio::this_coro::executor;
  ConnectionPool& pool = ConnectionPool::Of(executor.context());

  std::unique_ptr<ClientConnection> connection = pool.Acquire(owner_, options_.max_idle_time);
  bool reused = connection != nullptr;
  while (true) {
    if (connection == nullptr) {
      auto made = co_await NewConnection(deadline);
      if (!made.ok()) co_return std::move(made.error());
      connection = std::move(*made);
    }
    Attempt attempt = co_await TryOnce(*text, *connection, deadline);
    if (attempt.response) {
      if (attempt.keeps_alive) {
        pool.Put(owner_, std::move(connection), options_.max_idle_connections);
      }
      co_return std::move(*attempt.response);
    }
    connection.reset();
    if (!reused || !attempt.died_unread) co_return Error::Unavailable(attempt.failure);
    reused = false;
  }
}

Task<HttpClient::Attempt> HttpClient::TryOnce(const std::string& request,
                                              ClientConnection& connection, Deadline deadline) {
  Attempt attempt;
  const auto until = [&] {
    const bool has_limit = options_.read_time != std::chrono::milliseconds::max();
    return has_limit ? std::min(deadline, DeadlineIn(options_.read_time)) : deadline;
  };
  const Deadline write_until = until();
  auto error = co_await connection.Write(request, write_until);
  if (error) {
    attempt.died_unread = error != boost::asio::error::timed_out;
    attempt.failure = "cannot write: " + error.message();
    co_return attempt;
  }
  HttpResponseParser parser(options_.limits);
  std::array<char, kReadSize> buffer;
  bool any_byte = false;
  while (true) {
    std::size_t size = 0;
    const Deadline read_until = until();
    error = co_await connection.ReadSome(buffer, size, read_until);
    if (error) {
      attempt.died_unread = !any_byte && error != boost::asio::error::timed_out;
      attempt.failure =
          (any_byte ? "the response was cut off: " : "no response: ") + error.message();
      co_return attempt;
    }
    any_byte = true;
    switch (parser.Feed(std::string_view(buffer.data(), size))) {
      case HttpResponseParser::State::kIncomplete:
        break;
      case HttpResponseParser::State::kComplete:
        attempt.keeps_alive = parser.keeps_alive();
        attempt.response = parser.TakeResponse();
        co_return attempt;
      case HttpResponseParser::State::kMalformed:
        attempt.failure = "the response is not HTTP";
        co_return attempt;
      case HttpResponseParser::State::kTooLarge:
        attempt.failure = "the response is too large";
        co_return attempt;
    }
  }
}

}  // namespace users::net
