#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/url.h"

namespace users::net {

// A connection to a server, plain or TLS. It belongs to the executor on which it was created, and
// it is not thread-safe. Only one operation may run at a time. Each has a deadline, at which it
// closes the connection and fails with asio::error::timed_out.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  // Writes all bytes.
  virtual Task<boost::system::error_code> Write(std::string_view bytes, Deadline until) = 0;
  // Reads at least one byte, unless there is an error (asio::error::eof at the end).
  virtual Task<boost::system::error_code> ReadSome(std::span<char> into, std::size_t& size,
                                                   Deadline until) = 0;
  // Returns whether the server has closed the connection or, without TLS, has sent unsolicited
  // bytes. The connection must not be used then.
  virtual bool IsStale() = 0;
};

// Connects to the first address that accepts, with at most `each_time` for each address. With a TLS
// context it also does the handshake, again within `each_time`, and verifies that the certificate
// is the host's. Fails with kUnavailable; the message is for the log.
Task<Result<std::unique_ptr<ClientConnection>>> Connect(
    Url to, std::shared_ptr<boost::asio::ssl::context> tls, std::chrono::milliseconds each_time,
    Deadline deadline);

// Returns a context that verifies servers by the certificates of `ca_file` (PEM), or else of
// `ca_pem`, or else of the system, whichever is the first that is not empty. It requires TLS 1.2 or
// newer. Fails with kUnavailable if the certificates cannot be read. Thread-safe.
Result<std::shared_ptr<boost::asio::ssl::context>> MakeClientTlsContext(const std::string& ca_file,
                                                                        std::string_view ca_pem);

}  // namespace users::net
