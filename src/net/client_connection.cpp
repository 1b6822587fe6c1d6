#include "net/client_connection.h"

#include <poll.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <type_traits>

#include "base/files.h"
#include "net/authorities.h"
#include "net/resolve.h"
#include "net/watchdog.h"

namespace users::net {
namespace {

constexpr std::size_t kMaxAuthorityBytes = 8 << 20;

namespace asio = boost::asio;
using asio::ip::tcp;
using TlsStream = asio::ssl::stream<ClientSocket&>;
using boost::system::error_code;

// The socket, and TLS over it if Stream is a TLS stream.
template <class Stream>
class ConnectionOver final : public ClientConnection {
 public:
  // The socket must be connected.
  ConnectionOver(std::unique_ptr<ClientSocket> socket, std::unique_ptr<TlsStream> tls)
      : socket_(std::move(socket)), tls_(std::move(tls)), watchdog_(*socket_) {}

  Task<error_code> Write(std::string_view bytes, Deadline until) override {
    error_code error;
    watchdog_.Arm(until);
    co_await asio::async_write(stream(), asio::buffer(bytes.data(), bytes.size()),
                               asio::redirect_error(kUseTask, error));
    co_return Judged(error);
  }

  Task<error_code> ReadSome(std::span<char> into, std::size_t& size, Deadline until) override {
    error_code error;
    watchdog_.Arm(until);
    size = co_await stream().async_read_some(asio::buffer(into.data(), into.size()),
                                             asio::redirect_error(kUseTask, error));
    // A connection that ends without TLS's close_notify has ended too. The framing of the message
    // shows whether anything is missing.
    if (error == asio::ssl::error::stream_truncated) error = asio::error::eof;
    co_return Judged(error);
  }

  Task<error_code> ShakeHands(Deadline until) {
    error_code error;
    watchdog_.Arm(until);
    co_await tls_->async_handshake(asio::ssl::stream_base::client,
                                   asio::redirect_error(kUseTask, error));
    co_return Judged(error);
  }

  bool IsStale() override {
    // TLS 1.3 servers send tickets on their own, which stay in the socket until the first read.
    const bool may_have_more = std::is_same_v<Stream, TlsStream>;
    pollfd state{socket_->native_handle(), POLLIN | POLLRDHUP, 0};
    if (::poll(&state, 1, 0) < 0) return true;
    return (state.revents & (may_have_more ? ~POLLIN : ~0)) != 0;
  }

 private:
  Stream& stream() {
    if constexpr (std::is_same_v<Stream, TlsStream>) {
      return *tls_;
    } else {
      return *socket_;
    }
  }

  error_code Judged(error_code error) {
    watchdog_.Disarm();
    return error && watchdog_.expired() ? error_code(asio::error::timed_out) : error;
  }

  std::unique_ptr<ClientSocket> socket_;
  std::unique_ptr<TlsStream> tls_;  // null without TLS
  Watchdog watchdog_;
};

bool IsAddress(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

Task<error_code> ConnectTo(ClientSocket& socket, tcp::endpoint endpoint, Deadline until) {
  error_code error;
  Watchdog watchdog(socket);
  watchdog.Arm(until);
  co_await socket.async_connect(endpoint, asio::redirect_error(kUseTask, error));
  if (error && watchdog.expired()) error = asio::error::timed_out;
  if (error) co_return error;
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  co_return error;
}

}  // namespace

Task<Result<std::unique_ptr<ClientConnection>>> Connect(Url to,
                                                        std::shared_ptr<asio::ssl::context> tls,
                                                        std::chrono::milliseconds each_time,
                                                        Deadline deadline) {
  const Executor executor = co_await asio::this_coro::executor;
  auto endpoints = co_await Resolve(to.host, to.port, deadline);
  if (!endpoints.ok()) co_return std::move(endpoints.error());
  error_code error = asio::error::timed_out;
  std::unique_ptr<ClientSocket> socket;
  for (const tcp::endpoint& endpoint : *endpoints) {
    if (HasPassed(deadline)) break;
    socket = std::make_unique<ClientSocket>(executor);
    const Deadline until = std::min(deadline, DeadlineIn(each_time));
    error = co_await ConnectTo(*socket, endpoint, until);
    if (!error) break;
  }
  if (error) co_return Error::Unavailable("cannot connect: " + error.message());
  if (tls == nullptr) {
    std::unique_ptr<ClientConnection> plain =
        std::make_unique<ConnectionOver<ClientSocket>>(std::move(socket), nullptr);
    co_return plain;
  }

  auto stream = std::make_unique<TlsStream>(*socket, *tls);
  // Server name indication is for names only (RFC 6066, section 3).
  if (!IsAddress(to.host)) ::SSL_set_tlsext_host_name(stream->native_handle(), to.host.c_str());
  stream->set_verify_callback(asio::ssl::host_name_verification(to.host), error);
  auto connection =
      std::make_unique<ConnectionOver<TlsStream>>(std::move(socket), std::move(stream));
  const Deadline until = std::min(deadline, DeadlineIn(each_time));
  error = co_await connection->ShakeHands(until);
  if (error) co_return Error::Unavailable("TLS handshake failed: " + error.message());
  std::unique_ptr<ClientConnection> secure = std::move(connection);
  co_return secure;
}

Result<std::shared_ptr<asio::ssl::context>> MakeClientTlsContext(const std::string& ca_file,
                                                                 std::string_view ca_pem) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  error_code error;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                           asio::ssl::context::no_tlsv1_1,
                       error);
  context->set_verify_mode(asio::ssl::verify_peer, error);
  Status trusts = Done{};
  if (!ca_file.empty()) {
    const auto text = ReadFile(ca_file, kMaxAuthorityBytes);
    trusts = text.ok() ? TrustAuthorities(*context->native_handle(), *text) : text.error();
  } else if (!ca_pem.empty()) {
    trusts = TrustAuthorities(*context->native_handle(), ca_pem);
  } else {
    context->set_default_verify_paths(error);
  }
  if (trusts.ok() && error) trusts = Error::Unavailable(error.message());
  if (!trusts.ok()) {
    return Error::Unavailable("certificate authorities cannot be read: " + trusts.error().message);
  }
  return context;
}

}  // namespace users::net
