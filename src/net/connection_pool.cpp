#include "net/connection_pool.h"

#include "net/watchdog.h"

namespace users::net {

boost::asio::execution_context::id ConnectionPool::id;

ConnectionPool::ConnectionPool(boost::asio::execution_context& context)
    : boost::asio::execution_context::service(context) {
  // A context destroys its services in the reverse order of their creation. The services that
  // connections need must therefore be created first.
  ClientSocket socket(static_cast<boost::asio::io_context&>(context));
  const Watchdog watchdog(socket);
}

void ConnectionPool::shutdown() {
  idle_.clear();
}

std::unique_ptr<ClientConnection> ConnectionPool::Acquire(const std::shared_ptr<const Owner>& owner,
                                                          std::chrono::milliseconds max_idle) {
  const auto found = idle_.find(owner);
  if (found == idle_.end()) return nullptr;
  const auto oldest = std::chrono::steady_clock::now() - max_idle;
  std::deque<Idle>& connections = found->second;
  while (!connections.empty() && connections.front().since < oldest) connections.pop_front();
  while (!connections.empty()) {
    std::unique_ptr<ClientConnection> connection = std::move(connections.back().connection);
    connections.pop_back();
    if (!connection->IsStale()) return connection;
  }
  return nullptr;
}

void ConnectionPool::Put(const std::shared_ptr<const Owner>& owner,
                         std::unique_ptr<ClientConnection> connection, std::size_t most) {
  std::erase_if(idle_, [](const auto& entry) { return entry.first.expired(); });
  std::deque<Idle>& connections = idle_[owner];
  connections.push_back(Idle{std::move(connection), std::chrono::steady_clock::now()});
  if (connections.size() > most) connections.pop_front();
}

}  // namespace users::net
