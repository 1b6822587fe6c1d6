#include "server/connection_impl.h"

namespace users::server {

Task<void> ServePlain(Worker& worker, Socket socket, std::string address) {
  // The coroutine frames and the allocator's overhead. Buffers are counted as they grow.
  constexpr std::size_t kFixedBytes = 4 << 10;
  Connection<Socket> connection(worker, std::move(socket), std::move(address), kFixedBytes);
  co_await connection.Serve();
}

}  // namespace users::server
