#include "wiring/serve.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "base/json/json.h"
#include "net/endpoint.h"
#include "server/admin.h"
#include "server/front_door.h"
#include "server/health.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/principal_store.h"
#include "server/role_store.h"
#include "server/tls_store.h"
#include "service/user_records.h"
#include "service/user_service.h"
#include "wiring/backend.h"
#include "wiring/background_task.h"
#include "wiring/catalogue_report.h"
#include "wiring/clock_watch.h"
#include "wiring/data_directory.h"
#include "wiring/file_budget.h"
#include "wiring/first_start.h"
#include "wiring/server_watch.h"
#include "wiring/shell_quoting.h"
#include "wiring/stop_limit.h"

namespace users::wiring {
namespace {

using boost::asio::ip::tcp;

// The process must end within 30 s of the signal. Requests get most of that time; closing the store
// gets the rest.
constexpr std::chrono::milliseconds kDrainTime{20'000};
constexpr std::chrono::milliseconds kStopTime{28'000};

// Raises the limit of open files as far as the system allows, because every connection is a file.
void RaiseFileLimit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<std::unique_ptr<server::HttpServer>> ListenOn(std::string_view option,
                                                     const std::string& text,
                                                     server::HttpServerOptions options) {
  auto endpoint = net::ParseEndpoint(text);
  if (!endpoint.ok()) return AtOption(option, text, endpoint.error());
  options.listen = *endpoint;
  auto server = server::HttpServer::Listen(options);
  if (!server.ok()) return AtOption(option, text, server.error());
  return server;
}

Status CheckEncryption(const ServeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return Error::Unavailable("--tls-cert and --tls-key: give both or neither");
  }
  const auto rejected = [&](std::string_view option, const std::string& text) {
    const auto endpoint = net::ParseEndpoint(text);
    return endpoint.ok() && !endpoint->address().is_loopback() && !options.plaintext
               ? Status(Error::Unavailable(
                     std::string(option) + " " + text +
                     ": others can reach this address; give --plaintext to serve "
                     "it without encryption"))
               : Status(Done{});
  };
  if (options.tls_cert.empty()) {
    auto checked = rejected("--listen", options.listen);
    if (!checked.ok()) {
      checked.error().message += ", or --tls-cert and --tls-key";
      return checked;
    }
  }
  return rejected("--admin-listen", options.admin_listen);
}

Result<std::unique_ptr<server::RoleStore>> OpenRoles(const std::string& path, const Log& log) {
  auto roles = server::RoleStore::Open(path, log);
  if (!roles.ok()) return AtOption("--roles", path, roles.error());
  return roles;
}

// After a time with a wrong clock, the server continues with ids after its newest user.
void WarnIfIdsAreAhead(const Ulid& greatest, const Clock& clock, const Log& log) {
  const auto ahead = TimeOf(greatest) - clock.Now();
  if (ahead < ClockWatch::kMinJump) return;
  log.Warning("user_ids_ahead").Number("milliseconds", ahead.count());
}

void AddLogMetrics(server::Metrics& metrics, const Log& log) {
  using Kind = server::Metrics::Kind;
  metrics.Add(Kind::kGauge, "users_log_unwritten_bytes", "Bytes of the log that wait to be written",
              [&log] { return static_cast<double>(log.Status().unwritten_bytes); });
  metrics.Add(Kind::kCounter, "users_log_lost_lines_total",
              "Lines of the log that were lost because there was no room",
              [&log] { return static_cast<double>(log.Status().lost); });
  metrics.Add(Kind::kCounter, "users_log_left_out_requests_total",
              "Requests without an authenticated caller whose lines were left out of the log",
              [&log] { return static_cast<double>(log.Status().left_out); });
  metrics.Add(Kind::kCounter, "users_log_failed_writes_total", "Writes of the log that failed",
              [&log] { return static_cast<double>(log.Status().failed_writes); });
}

std::string TryCommand(const ServeOptions& options, tcp::endpoint endpoint) {
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

// Receives signals from its construction on, so that a signal during the start does not end the
// process by its default action.
class Signals {
 public:
  Signals() : stop_(context_, SIGTERM, SIGINT), reload_(context_, SIGHUP) {}

  // Returns once the server must stop. Each SIGHUP calls `reload`.
  void WaitForStop(const std::function<void()>& reload) {
    stop_.async_wait([this](const boost::system::error_code&, int) { context_.stop(); });
    WaitForReload(reload);
    context_.run();
  }

 private:
  void WaitForReload(const std::function<void()>& reload) {
    reload_.async_wait([this, &reload](const boost::system::error_code& error, int) {
      if (error) return;
      reload();
      WaitForReload(reload);
    });
  }

  boost::asio::io_context context_{1};
  boost::asio::signal_set stop_;
  boost::asio::signal_set reload_;
};

void PrintReadyLine(const ServeOptions& options, const server::HttpServer& server,
                    const server::HttpServer& admin, std::string_view relay,
                    bool made_administrator) {
  std::string line;
  json::ObjectWriter writer(line);
  writer.String("event", "ready");
  writer.String("address", net::FormatEndpoint(server.endpoint()));
  writer.String("adminAddress", net::FormatEndpoint(admin.endpoint()));
  writer.Bool("tls", !options.tls_cert.empty());
  writer.String("relay", relay);
  if (made_administrator) writer.String("try", TryCommand(options, server.endpoint()));
  writer.Close();
  line += '\n';
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

Status Serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(077);  // only our user may access the files that we create
  Signals signals;
  StopLimit stop_limit(kStopTime);
  RaiseFileLimit();
  if (auto checked = CheckEncryption(options); !checked.ok()) return checked;

  // Each object is declared after those that it may need, and destroyed before them. The servers
  // come first, because the contexts of their threads must outlive the calls that still complete on
  // them.
  const SystemClock clock;
  const auto sink = MakeFileDescriptorSink(STDERR_FILENO);
  const Log log(*sink, clock, options.log_level);
  stop_limit.SetLog(&log);
  // Declared here so that it ends before the log is destroyed.
  const struct LogLifetime {
    StopLimit& stop_limit;
    ~LogLifetime() {
      stop_limit.SetLog(nullptr);
      stop_limit.Enter("writing the log");
    }
  } log_use{stop_limit};
  server::Metrics metrics;
  server::RejectionLog unauthenticated_log(log, "unauthenticated");
  server::RejectionLog throttled_log(log, "throttled");
  BackgroundTask role_search;  // outlives the store, which may still complete a call of it
  auto roles = OpenRoles(options.roles, log);
  if (!roles.ok()) return std::move(roles.error());
  std::unique_ptr<server::TlsStore> tls;
  if (!options.tls_cert.empty()) {
    auto opened = server::TlsStore::Open(options.tls_cert, options.tls_key, clock, log);
    if (!opened.ok()) return std::move(opened.error());
    tls = std::move(*opened);
  }
  server::HttpServerOptions http;
  http.threads = std::max(1U, std::thread::hardware_concurrency());
  if (tls != nullptr) http.tls_context = [&tls] { return tls->Current()->context; };
  const FileBudget files = OwnFileBudget();
  http.max_connections = files.api_connections;
  auto server = ListenOn("--listen", options.listen, http);
  if (!server.ok()) return std::move(server.error());
  server::HttpServerOptions admin_http;
  admin_http.max_connections = files.admin_connections;
  auto admin = ListenOn("--admin-listen", options.admin_listen, admin_http);
  if (!admin.ok()) return std::move(admin.error());

  auto backend = OpenBackend(options, clock, log);
  if (!backend.ok()) return std::move(backend.error());
  storage::TableStore& store = (*backend)->store();
  UlidGenerator user_ids(clock, (*backend)->greatest_user_id());
  service::UserServiceOptions service_options;
  service_options.list_shards = (*backend)->list_shards();
  const auto catalogue = (*roles)->Current();
  service::UserService users(store, catalogue->roles, user_ids, clock, log, service_options);

  // Everything that can fail has been done. From here on there are an administrator and threads
  // that log.
  bool made_administrator = false;
  std::string principals_path = options.principals.value_or(options.data + "/principals.json");
  if (!options.principals) {
    const auto made = MakeAdministrator(options.data, server::ArnPart(options.api_arn, 3));
    if (!made.ok()) return AtOption("--data", options.data, made.error());
    made_administrator = *made;
  }
  auto principals = server::PrincipalStore::Open(principals_path, log);
  if (!principals.ok()) return AtOption("--principals", principals_path, principals.error());

  (*roles)->Watch();
  if (tls != nullptr) {
    tls->Watch();
    metrics.Add(server::Metrics::Kind::kGauge, "users_tls_certificate_expiry_timestamp_seconds",
                "When the first certificate of the chain in force expires, in Unix time", [&tls] {
                  const auto expiry = tls->Current()->expires_at.time_since_epoch();
                  return std::chrono::duration<double>(expiry).count();
                });
  }
  if (options.store == StoreKind::kLocal) WarnOfReadableSecrets(options.data, log);
  (*backend)->StartRelay();
  (*backend)->AddMetrics(metrics);
  AddLogMetrics(metrics, log);
  metrics.Add(server::Metrics::Kind::kGauge, "users_connections", "Open connections",
              [&server] { return static_cast<double>((*server)->connections()); });
  metrics.Add(server::Metrics::Kind::kGauge, "users_known_connections",
              "Open connections whose last request was authenticated and allowed",
              [&server] { return static_cast<double>((*server)->known_connections()); });
  metrics.Add(server::Metrics::Kind::kGauge, "users_unauthenticated_bytes",
              "Memory of the connections that are not known",
              [&server] { return static_cast<double>((*server)->unknown_client_bytes()); });
  metrics.Add(
      server::Metrics::Kind::kCounter, "users_rejections_not_logged_total",
      "Rejected requests that have no log line of their own, because there were too many", [&] {
        return static_cast<double>(unauthenticated_log.left_out() + throttled_log.left_out());
      });

  server::Throttles throttles(options.throttle);
  server::FrontDoorOptions door_options;
  door_options.api_arn = options.api_arn;
  door_options.hosts = options.hosts;
  const server::FrontDoor::Shared shared{
      door_options, users, **principals,        throttles,     metrics,
      clock,        log,   unauthenticated_log, throttled_log, roles->get()};
  (*server)->Start([&] { return std::make_unique<server::FrontDoor>(shared); });

  std::atomic<bool> draining{false};
  server::Health health;
  health.Add("draining", [&draining] { return !draining; });
  health.Add("log", [&log] { return log.Status().is_written; });
  (*backend)->AddHealthChecks(health);
  health.AddMetrics(metrics);
  (*admin)->Start([&] { return std::make_unique<server::AdminHandler>(metrics, health); });

  WarnIfIdsAreAhead((*backend)->greatest_user_id(), clock, log);
  if (options.store == StoreKind::kLocal) {
    role_search.Start([&] { return ReportUnknownRoles(users, **roles, log); });
  }
  const ServerWatch watch(clock, log);
  log.Info("started").Text("address", net::FormatEndpoint((*server)->endpoint()));
  PrintReadyLine(options, **server, **admin, (*backend)->relay_name(), made_administrator);
  signals.WaitForStop([&] {
    (*principals)->Reload();
    (*roles)->Reload();
    if (tls != nullptr) tls->Reload();
  });

  log.Info("draining");
  draining = true;
  stop_limit.Enter("finishing requests");
  const bool finished = (*server)->Drain(kDrainTime);
  (*admin)->Drain(std::chrono::milliseconds(0));
  role_search.Stop();
  stop_limit.Enter("closing the store");
  log.Info("stopped").Bool("allFinished", finished);
  return Done{};
}

}  // namespace users::wiring
