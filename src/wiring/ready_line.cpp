#include "wiring/ready_line.h"

#include <filesystem>

#include "base/json/json.h"
#include "base/text/shell_quoting.h"
#include "net/endpoint.h"

namespace users::wiring {
namespace {

// A command that lists the users with the administrator's key.
std::string TryCommand(const ServeOptions& options, boost::asio::ip::tcp::endpoint endpoint) {
  std::error_code error;
  const std::string curlrc =
      (std::filesystem::absolute(options.data, error) / "curlrc").lexically_normal();
  if (endpoint.address().is_unspecified()) {
    endpoint.address(
        boost::asio::ip::make_address(endpoint.address().is_v6() ? "::1" : "127.0.0.1"));
  }
  std::string command = "curl -K " + ShellQuoted(curlrc);
  if (!options.tls_cert.empty()) {
    command +=
        " --cacert " + ShellQuoted(std::filesystem::absolute(options.tls_cert, error).native());
  }
  command += options.tls_cert.empty() ? " http://" : " https://";
  return command + net::FormatEndpoint(endpoint) + "/users";
}

}  // namespace

std::string ReadyLine(const ServeOptions& options, const ReadyFacts& facts) {
  std::string line;
  json::ObjectWriter writer(line);
  writer.String("event", "ready");
  writer.String("address", net::FormatEndpoint(facts.address));
  writer.String("adminAddress", net::FormatEndpoint(facts.admin_address));
  writer.Bool("tls", !options.tls_cert.empty());
  writer.String("relay", facts.relay);
  if (facts.made_administrator) writer.String("try", TryCommand(options, facts.address));
  writer.Close();
  line += '\n';
  return line;
}

}  // namespace users::wiring
