#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include "net/client_connection.h"

namespace users::net {

// Idle connections of one io_context, kept for the clients that use it. A service of the context,
// so that connections never outlive the context that they belong to. For the context's thread.
class ConnectionPool final : public boost::asio::execution_context::service {
 public:
  // Whose connections they are. What a client that is gone has left is closed in time.
  struct Owner {};

  static ConnectionPool& Of(boost::asio::io_context& context) {
    return boost::asio::use_service<ConnectionPool>(context);
  }
  explicit ConnectionPool(boost::asio::execution_context& context);

  // The connection that was used last, or null. Those that are older than `most_idle` or that the
  // server has closed are dropped.
  std::unique_ptr<ClientConnection> Take(const std::shared_ptr<const Owner>& owner,
                                         std::chrono::milliseconds most_idle);
  // Keeps it, and at most `most` of them.
  void Put(const std::shared_ptr<const Owner>& owner, std::unique_ptr<ClientConnection> connection,
           std::size_t most);

  // Asio's key of the service.
  static boost::asio::execution_context::id id;

 private:
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  using Owners = std::map<std::weak_ptr<const Owner>, std::deque<Idle>, std::owner_less<>>;

  void shutdown() override;

  Owners idle_;
};

}  // namespace users::net
