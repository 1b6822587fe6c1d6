#pragma once

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include "net/client_connection.h"

namespace users::net {

// The idle connections of one io_context, for all clients that use it. It is a service of the
// context, so connections never outlive their context. Use it on the context's thread only.
class ConnectionPool final : public boost::asio::execution_context::service {
 public:
  // Identifies a client. The connections of a client that is gone are closed later.
  struct Owner {};

  // Returns the pool of a context, and creates it if necessary.
  static ConnectionPool& Of(boost::asio::io_context& context) {
    return boost::asio::use_service<ConnectionPool>(context);
  }
  // Called by Asio only; use Of().
  explicit ConnectionPool(boost::asio::execution_context& context);

  // Returns the most recently used connection, or null. Connections that have been idle for longer
  // than `max_idle`, or that the server has closed, are dropped.
  std::unique_ptr<ClientConnection> Acquire(const std::shared_ptr<const Owner>& owner,
                                            std::chrono::milliseconds max_idle);
  // Stores a connection. The owner's oldest one is closed if there are more than `most`.
  void Put(const std::shared_ptr<const Owner>& owner, std::unique_ptr<ClientConnection> connection,
           std::size_t most);

  // Asio's key for the service.
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
