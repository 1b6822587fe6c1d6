#include "net/endpoint.h"

#include "base/text/text.h"

namespace users::net {

Result<boost::asio::ip::tcp::endpoint> ParseEndpoint(std::string_view text) {
  const auto fault =
      Error::Of(ErrorCode::kValidation, "must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080");
  const std::size_t colon = text.rfind(':');
  if (colon == text.npos || colon + 1 == text.size()) return fault;
  std::string host(text.substr(0, colon));
  const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
  if (!port) return fault;

  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error || address.is_v6() != bracketed) return fault;
  return boost::asio::ip::tcp::endpoint(address, *port);
}

std::string FormatEndpoint(const boost::asio::ip::tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  const std::string port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + host + "]:" + port : host + ":" + port;
}

}  // namespace users::net
