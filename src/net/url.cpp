#include "net/url.h"

#include <algorithm>

#include "base/text/text.h"

namespace users::net {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

bool IsHostCharacter(char c) {
  return (c >= '0' && c <= '9') || (LowerAscii(c) >= 'a' && LowerAscii(c) <= 'z') || c == '-' ||
         c == '.' || c == '_';
}

bool IsAddressCharacter(char c) {
  return HexDigitValue(c) >= 0 || c == ':' || c == '.';
}

}  // namespace

std::string Url::Authority() const {
  std::string authority = host.find(':') == host.npos ? host : "[" + host + "]";
  if (port != (tls ? kHttpsPort : kHttpPort)) authority += ":" + std::to_string(port);
  return authority;
}

Result<Url> ParseUrl(std::string_view text) {
  const auto fault =
      Error::Of(ErrorCode::kValidation, "must be http://HOST[:PORT] or https://HOST[:PORT]");
  if (!IsVisibleAscii(text) || text.find('#') != text.npos) return fault;
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end == text.npos) return fault;
  const std::string_view scheme = text.substr(0, scheme_end);
  url.tls = EqualIgnoringAsciiCase(scheme, "https");
  if (!url.tls && !EqualIgnoringAsciiCase(scheme, "http")) return fault;
  url.port = url.tls ? kHttpsPort : kHttpPort;

  text.remove_prefix(scheme_end + 3);
  const std::size_t path_begin = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, path_begin);
  if (path_begin < text.size()) {
    url.path = text.substr(path_begin);
    if (url.path.front() == '?') url.path.insert(0, "/");
  }

  const bool bracketed = authority.starts_with('[');
  const std::size_t host_end =
      bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == authority.npos) return fault;
  const std::string_view host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
  const bool good =
      std::all_of(host.begin(), host.end(), bracketed ? IsAddressCharacter : IsHostCharacter);
  if (host.empty() || host.size() > 255 || !good) return fault;
  if (bracketed != (host.find(':') != host.npos)) return fault;
  url.host = host;

  authority.remove_prefix(host_end + (bracketed ? 1 : 0));
  if (authority.empty()) return url;
  if (authority.front() != ':') return fault;
  const auto port = ParseNumber<std::uint16_t>(authority.substr(1));
  if (!port || *port == 0) return fault;
  url.port = *port;
  return url;
}

}  // namespace users::net
