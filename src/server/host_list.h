#pragma once

#include <string>
#include <string_view>
#include <vector>

// The rules for the header Host. All functions are pure and thread-safe.
namespace users::server {

// Returns a host name or address without its port. The brackets of an IPv6 address remain.
std::string_view WithoutPort(std::string_view host);

// Returns whether the host is an IP address or `localhost`, with or without a port. A web page that
// reaches a local port through its own name (DNS rebinding) sends that name instead.
bool IsAddressOrLocalhost(std::string_view host);

// Returns whether the text is NAME or NAME:PORT.
bool IsHostEntry(std::string_view text);

// The hosts that requests may be signed for.
class HostList {
 public:
  // Each entry is NAME, which accepts any port, or NAME:PORT. No entries: every host is accepted.
  explicit HostList(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  // Names are compared without regard to letter case.
  bool Accepts(std::string_view host) const;
  bool empty() const { return entries_.empty(); }

 private:
  std::vector<std::string> entries_;
};

}  // namespace users::server
