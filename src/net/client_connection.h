#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "net/url.h"

namespace users::net {

// A connection to a server, in the clear or by TLS. Belongs to the executor on which it was made;
// one operation at a time, each until a time at which the connection is closed under it.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;

  virtual Task<boost::system::error_code> Write(std::string_view bytes, Deadline until) = 0;
  // Some bytes, one at least, unless there is an error (asio::error::eof at the end).
  virtual Task<boost::system::error_code> ReadSome(std::span<char> into, std::size_t& size,
                                                   Deadline until) = 0;
  // Whether the server has closed it, or has sent something unasked in the clear: then it is good
  // for nothing any more.
  virtual bool IsStale() = 0;
};

// Connects, to the first address that answers, each tried for `each_time` at most; with a TLS
// context, shakes hands too and verifies that the certificate is the host's. An error is
// kUnavailable; its message is for the log.
Task<Result<std::unique_ptr<ClientConnection>>> Connect(
    Url to, std::shared_ptr<boost::asio::ssl::context> tls, std::chrono::milliseconds each_time,
    Deadline deadline);

// A context that verifies servers by the certificates of `ca_file` (PEM); where that is empty by
// those of `ca_pem`; where that is empty too by the system's. TLS 1.2 or newer.
Result<std::shared_ptr<boost::asio::ssl::context>> MakeClientTlsContext(const std::string& ca_file,
                                                                        std::string_view ca_pem);

}  // namespace users::net
