#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>

#include "base/async/task.h"
#include "server/worker.h"

namespace boost::asio::ssl {
class context;
}

namespace users::server {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;

// Serves one connection from its first request to its end, on the worker's thread. `address` is the
// client's, without the port.
Task<void> ServePlain(Worker& worker, Socket socket, std::string address);
Task<void> ServeTls(Worker& worker, Socket socket, std::string address,
                    std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace users::server
