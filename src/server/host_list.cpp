#include "server/host_list.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstdint>

#include "base/text/text.h"

namespace users::server {
namespace {

// Returns the position of the colon before the port; npos if there is no port.
std::size_t PortColon(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == host.npos) return colon;
  if (host.starts_with('[')) return host.find(']') < colon ? colon : host.npos;
  return host.find(':') == colon ? colon : host.npos;
}

}  // namespace

std::string_view WithoutPort(std::string_view host) {
  return host.substr(0, PortColon(host));
}

bool IsAddressOrLocalhost(std::string_view host) {
  std::string_view name = WithoutPort(host);
  if (EqualIgnoringAsciiCase(name, "localhost")) return true;
  const bool bracketed = name.size() > 2 && name.starts_with('[') && name.ends_with(']');
  if (bracketed) name = name.substr(1, name.size() - 2);
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(std::string(name), error);
  return !error && (address.is_v6() == bracketed);
}

bool IsHostEntry(std::string_view text) {
  const std::size_t colon = PortColon(text);
  if (colon != text.npos) {
    const auto port = ParseNumber<std::uint16_t>(text.substr(colon + 1));
    if (!port || *port == 0) return false;
  }
  const std::string_view name = text.substr(0, colon);
  if (name.starts_with('[')) return IsAddressOrLocalhost(name);
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    const char lower = LowerAscii(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

bool HostList::Accepts(std::string_view host) const {
  if (entries_.empty()) return true;
  return std::any_of(entries_.begin(), entries_.end(), [&](const std::string& entry) {
    return EqualIgnoringAsciiCase(host, entry) ||
           (PortColon(entry) == entry.npos && EqualIgnoringAsciiCase(WithoutPort(host), entry));
  });
}

}  // namespace users::server
