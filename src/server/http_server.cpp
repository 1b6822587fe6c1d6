#include "server/http_server.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <thread>
#include <vector>

#include "base/async/timer.h"
#include "net/endpoint.h"
#include "server/connection.h"
#include "server/worker.h"

namespace users::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptBackOff{50};
constexpr std::chrono::milliseconds kRoomBackOff{5};
// Accepted in one turn, because a busy loop must not accept new connections one at a time.
constexpr int kMaxAcceptsPerTurn = 64;

// An IPv4 client of a listener for both families is shown by its IPv4 address.
std::string AddressOf(const tcp::endpoint& endpoint) {
  const asio::ip::address address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

class Server final : public HttpServer {
 public:
  explicit Server(const HttpServerOptions& options)
      : options_(options),
        max_connections_(options.max_connections),
        max_open_(MaxFiles(options.max_connections)) {
    const std::size_t threads = std::max(1U, options_.threads);
    const std::size_t each = (max_connections_ + threads - 1) / threads;
    const std::size_t bytes_of_each = options_.max_unknown_client_bytes / threads;
    for (std::size_t i = 0; i < threads; ++i) {
      workers_.push_back(std::make_unique<Worker>(options_, each, bytes_of_each, connections_));
    }
    acceptor_.emplace(workers_.front()->context());
  }

  ~Server() override { StopWorkers(); }

  Status Open() {
    boost::system::error_code error;
    acceptor_->open(options_.listen.protocol(), error);
    // Allows a restart while the kernel still remembers the connections of the last run. On Linux
    // this does not let two servers share a port.
    if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_->bind(options_.listen, error);
    if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
    if (!error) acceptor_->non_blocking(true, error);
    if (!error) return Done{};
    if (error == asio::error::address_in_use) {
      return Error::Unavailable("the port is in use: stop the other program, or name another port");
    }
    return Error::Unavailable("cannot be listened on (" + error.message() + ")");
  }

  tcp::endpoint endpoint() const override { return acceptor_->local_endpoint(); }
  std::size_t connections() const override { return connections_; }
  std::size_t known_connections() const override { return Sum(&Worker::known_connections); }
  std::size_t unknown_client_bytes() const override { return Sum(&Worker::unknown_client_bytes); }

  void Start(const std::function<std::unique_ptr<RequestHandler>()>& make_handler) override {
    for (const auto& worker : workers_) worker->Start(make_handler());
    asio::co_spawn(workers_.front()->context(), Accept(), asio::detached);
  }

  bool Drain(std::chrono::milliseconds at_most) override {
    asio::post(workers_.front()->context(), [this] {
      boost::system::error_code ignored;
      acceptor_->close(ignored);
    });
    for (const auto& worker : workers_) {
      asio::post(worker->context(), [&worker] { worker->Drain(); });
    }
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (connections_ > 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const bool all_finished = connections_ == 0;
    StopWorkers();
    return all_finished;
  }

 private:
  // Connections are assigned to the workers in turn.
  Task<void> Accept() {
    boost::system::error_code error;
    while (true) {
      co_await acceptor_->async_wait(tcp::acceptor::wait_read,
                                     asio::redirect_error(kUseTask, error));
      if (!acceptor_->is_open()) co_return;
      const std::chrono::milliseconds pause = AcceptWaiting();
      if (pause.count() > 0) co_await SleepUntil(DeadlineIn(pause));
      if (!acceptor_->is_open()) co_return;
    }
  }

  // Accepts waiting connections, but at most one turn's worth. Returns the time to leave the others
  // waiting.
  std::chrono::milliseconds AcceptWaiting() {
    for (int i = 0; i < kMaxAcceptsPerTurn; ++i) {
      // Closed connections have not ended yet, or nearly all connections are being served.
      if (connections_ >= max_open_) return kRoomBackOff;
      Worker& worker = *workers_[next_worker_];
      boost::system::error_code error;
      Socket socket(worker.context());
      tcp::endpoint client;
      acceptor_->accept(socket, client, error);
      if (error == asio::error::would_block) return std::chrono::milliseconds(0);
      if (error == asio::error::connection_aborted) continue;
      if (error) {
        // Probably out of files: close a connection and wait a moment.
        for (const auto& each : workers_) {
          asio::post(each->context(), [&each] { each->CloseOneForRoom(); });
        }
        return kAcceptBackOff;
      }
      next_worker_ = (next_worker_ + 1) % workers_.size();
      SetOptions(socket);
      ++connections_;
      if (options_.tls_context) {
        asio::co_spawn(
            worker.context(),
            ServeTls(worker, std::move(socket), AddressOf(client), options_.tls_context()),
            asio::detached);
      } else {
        asio::co_spawn(worker.context(), ServePlain(worker, std::move(socket), AddressOf(client)),
                       asio::detached);
      }
    }
    return std::chrono::milliseconds(0);
  }

  static void SetOptions(Socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    // Unread responses wait here rather than in megabytes of kernel buffers.
    constexpr int kMaxUnsentBytes = 128 << 10;
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kMaxUnsentBytes,
                 sizeof kMaxUnsentBytes);
  }

  std::size_t Sum(std::size_t (Worker::*number)() const) const {
    std::size_t sum = 0;
    for (const auto& worker : workers_) sum += ((*worker).*number)();
    return sum;
  }

  void StopWorkers() {
    for (const auto& worker : workers_) worker->Stop();
  }

  const HttpServerOptions options_;
  const std::size_t max_connections_;
  const std::size_t max_open_;
  std::atomic<std::size_t> connections_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<asio::basic_socket_acceptor<tcp, Executor>> acceptor_;
  std::size_t next_worker_ = 0;
};

}  // namespace

std::size_t HttpServer::MaxFiles(std::size_t max_connections) {
  return max_connections + std::min(max_connections, kMaxConnectionsAbove);
}

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(const HttpServerOptions& options) {
  auto server = std::make_unique<Server>(options);
  if (auto opened = server->Open(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace users::server
