#include "server/connection_impl.h"

namespace users::server {

Task<void> ServePlain(Worker& worker, Socket socket) {
  Connection<Socket> connection(worker, std::move(socket));
  co_await connection.Serve();
}

}  // namespace users::server
