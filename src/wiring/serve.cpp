#include "wiring/serve.h"

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include "base/file_limit.h"
#include "net/endpoint.h"
#include "server/stop_limit.h"
#include "wiring/signals.h"
#include "wiring/users_server.h"

namespace users::wiring {
namespace {

// The process must end within 30 s of the signal. Requests get most of that time; closing the store
// gets the rest.
constexpr std::chrono::milliseconds kStopTime{28'000};

ProgramStatus CheckEncryption(const ServeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return ProgramError::CannotRun("--tls-cert and --tls-key: give both or neither");
  }
  const auto check = [&](const std::string& option, const std::string& text,
                         std::string_view other_remedy) -> ProgramStatus {
    const auto endpoint = net::ParseEndpoint(text);
    if (!endpoint.ok() || endpoint->address().is_loopback() || options.plaintext) return Done{};
    return ProgramError::CannotRun(option + " " + text +
                                   ": others can reach this address; give --plaintext to serve "
                                   "it without encryption" +
                                   std::string(other_remedy));
  };
  if (options.tls_cert.empty()) {
    auto checked = check("--listen", options.listen, ", or --tls-cert and --tls-key");
    if (!checked.ok()) return checked;
  }
  return check("--admin-listen", options.admin_listen, "");
}

}  // namespace

ProgramStatus Serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(077);  // only our user may access the files that we create
  Signals signals;
  server::StopLimit stop_limit(kStopTime);
  RaiseFileLimit();  // each connection is a file
  if (auto checked = CheckEncryption(options); !checked.ok()) return checked;

  UsersServer server(options, stop_limit);
  if (auto opened = server.Open(); !opened.ok()) return opened;
  server.Start();
  server.PrintReadyLine();
  signals.WaitForStop([&server] { server.Reload(); });
  server.Drain();
  return Done{};
}

}  // namespace users::wiring
