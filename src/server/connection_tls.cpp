#include <boost/asio/ssl/stream.hpp>

#include "server/connection_impl.h"

namespace users::server {

Task<void> ServeTls(Worker& worker, Socket socket, std::string address,
                    std::shared_ptr<boost::asio::ssl::context> tls) {
  // Measured: the stream's buffers, which exist from the start, and OpenSSL's own memory.
  constexpr std::size_t kFixedBytes = 110 << 10;
  using Stream = boost::asio::ssl::stream<Socket>;
  Connection<Stream> connection(worker, Stream(std::move(socket), *tls), std::move(address),
                                kFixedBytes);
  boost::system::error_code error;
  co_await connection.stream().async_handshake(boost::asio::ssl::stream_base::server,
                                               boost::asio::redirect_error(kUseTask, error));
  if (error) co_return;
  co_await connection.Serve();
  // Send close_notify, so that the client can distinguish the end from a truncation. It need not
  // reply.
  connection.SetTimeLimit(worker.options().linger_time);
  co_await connection.stream().async_shutdown(boost::asio::redirect_error(kUseTask, error));
}

}  // namespace users::server
