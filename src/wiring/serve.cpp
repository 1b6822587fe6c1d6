#include "wiring/serve.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <filesystem>
#include <memory>
#include <thread>

#include "audit/file_target.h"
#include "audit/relay.h"
#include "base/files.h"
#include "base/json.h"
#include "domain/role_catalogue.h"
#include "net/endpoint.h"
#include "server/admin.h"
#include "server/front_door.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/principal_store.h"
#include "service/user_records.h"
#include "service/user_service.h"
#include "wiring/control.h"
#include "wiring/first_start.h"
#include "wiring/open_store.h"

namespace users::wiring {
namespace {

using boost::asio::ip::tcp;

constexpr std::chrono::milliseconds kDrainTime{30'000};
constexpr std::chrono::milliseconds kHealthTime{1'000};
constexpr std::string_view kRelayConsumer = "log";

Error At(std::string_view option, std::string_view value, const Error& error) {
  return Error::Unavailable(std::string(option) + " " + std::string(value) + ": " +
                            InOneLine(error));
}

// Every connection is a file; take as many as the system allows.
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
  if (!endpoint.ok()) return At(option, text, endpoint.error());
  options.listen = *endpoint;
  auto server = server::HttpServer::Listen(options);
  if (!server.ok() && !server.error().message.starts_with("--")) {
    return At(option, text, server.error());
  }
  return server;
}

Status CheckEncryption(const ServeOptions& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return Error::Unavailable("--tls-cert and --tls-key: give both or neither");
  }
  const auto refused = [&](std::string_view option, const std::string& text) {
    const auto endpoint = net::ParseEndpoint(text);
    return endpoint.ok() && !endpoint->address().is_loopback() && !options.plaintext
               ? Status(Error::Unavailable(
                     std::string(option) + " " + text +
                     ": others can reach this address; give --plaintext to serve "
                     "it without encryption"))
               : Status(Done{});
  };
  if (options.tls_cert.empty()) {
    auto checked = refused("--listen", options.listen);
    if (!checked.ok()) {
      checked.error().message += ", or --tls-cert and --tls-key";
      return checked;
    }
  }
  return refused("--admin-listen", options.admin_listen);
}

Result<domain::RoleCatalogue> LoadRoles(const std::string& path) {
  if (path.empty()) return domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  const auto text = ReadFile(path);
  if (!text.ok()) return At("--roles", path, text.error());
  auto roles = domain::RoleCatalogue::Parse(*text);
  if (!roles.ok()) return At("--roles", path, roles.error());
  return roles;
}

// 'it''s quoted' as a shell reads it.
std::string ShellQuoted(const std::string& text) {
  const bool plain = text.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789/._-+=@:") == text.npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
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
    command += " --cacert " + ShellQuoted(std::filesystem::absolute(options.tls_cert, error));
  }
  command += options.tls_cert.empty() ? " http://" : " https://";
  return command + net::FormatEndpoint(endpoint) + "/users";
}

void AddStoreMetrics(server::Metrics& metrics, const storage::local::LocalStore& store,
                     const audit::Relay* relay, const server::HttpServer& server) {
  using Kind = server::Metrics::Kind;
  const auto& s = store.statistics();
  const auto add = [&](Kind kind, std::string_view name, std::string_view help,
                       const auto& number) {
    metrics.Add(kind, name, help, [&number] { return static_cast<double>(number.load()); });
  };
  add(Kind::kCounter, "users_store_transactions_total", "Transactions committed", s.transactions);
  add(Kind::kCounter, "users_store_batches_total", "Synced writes; transactions share them",
      s.batches);
  add(Kind::kCounter, "users_store_failed_batches_total", "Synced writes that failed",
      s.failed_batches);
  add(Kind::kGauge, "users_store_waiting_transactions", "Transactions in the queue", s.waiting);
  metrics.Add(Kind::kGauge, "users_store_writable",
              "1; 0 from a failed write until the store has been opened again",
              [&s] { return s.writable ? 1.0 : 0.0; });
  add(Kind::kCounter, "users_store_disk_reads_total", "Reads that memory could not answer",
      s.disk_reads);
  if (relay != nullptr) {
    const auto& r = relay->statistics();
    add(Kind::kCounter, "users_relay_events_total", "Events delivered, repeated ones included",
        r.delivered);
    add(Kind::kCounter, "users_relay_failures_total", "Deliveries that failed and are tried again",
        r.failures);
  }
  metrics.Add(Kind::kGauge, "users_connections", "Open connections",
              [&server] { return static_cast<double>(server.connections()); });
}

// Takes signals from its construction on, so that none that arrives while the server starts ends
// the process its own way.
class Signals {
 public:
  Signals() : stop_(context_, SIGTERM, SIGINT), reload_(context_, SIGHUP) {}

  // Returns once the server is to stop; SIGHUP reads the principals again.
  void WaitForStop(server::PrincipalStore& principals) {
    stop_.async_wait([this](const boost::system::error_code&, int) { context_.stop(); });
    WaitForReload(principals);
    context_.run();
  }

 private:
  void WaitForReload(server::PrincipalStore& principals) {
    reload_.async_wait([this, &principals](const boost::system::error_code& error, int) {
      if (error) return;
      principals.Reload();
      WaitForReload(principals);
    });
  }

  boost::asio::io_context context_{1};
  boost::asio::signal_set stop_;
  boost::asio::signal_set reload_;
};

void PrintReadyLine(const ServeOptions& options, const server::HttpServer& server,
                    const server::HttpServer& admin, bool made_administrator) {
  std::string line;
  json::ObjectWriter writer(line);
  writer.String("event", "ready");
  writer.String("address", net::FormatEndpoint(server.endpoint()));
  writer.String("adminAddress", net::FormatEndpoint(admin.endpoint()));
  writer.Bool("tls", !options.tls_cert.empty());
  writer.String("relay", kRelayConsumer);
  if (made_administrator) writer.String("try", TryCommand(options, server.endpoint()));
  writer.Close();
  line += '\n';
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

Status Serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  ::umask(077);  // whatever we make is for our user alone
  Signals signals;
  RaiseFileLimit();
  if (auto checked = CheckEncryption(options); !checked.ok()) return checked;
  const auto roles = LoadRoles(options.roles);
  if (!roles.ok()) return roles.error();

  // Declared in the order in which they may need each other; destroyed the other way round. The
  // servers come first: their threads' contexts must outlive whatever still completes on them.
  const SystemClock clock;
  const auto sink = MakeFileDescriptorSink(STDERR_FILENO);
  const Log log(*sink, clock, options.log_level);
  server::Metrics metrics;
  server::HttpServerOptions http;
  http.threads = std::max(1U, std::thread::hardware_concurrency());
  http.tls_certificate = options.tls_cert;
  http.tls_key = options.tls_key;
  auto server = ListenOn("--listen", options.listen, http);
  if (!server.ok()) return std::move(server.error());
  auto admin = ListenOn("--admin-listen", options.admin_listen, server::HttpServerOptions());
  if (!admin.ok()) return std::move(admin.error());

  auto store = OpenStore(options.data, clock, log);
  if (!store.ok()) return At("--data", options.data, store.error());
  const auto control = ControlServer::Start(options.data, **store, log);
  if (!control.ok()) return At("--data", options.data, control.error());

  const auto greatest =
      (*store)->GreatestPartition(service::kProfilePartitionPrefix, service::kProfilePartitionSize);
  if (!greatest.ok()) return At("--data", options.data, greatest.error());
  Ulid floor;
  if (greatest->has_value()) {
    const std::size_t prefix = service::kProfilePartitionPrefix.size();
    floor = ParseUlid(std::string_view(**greatest).substr(prefix)).value_or(Ulid());
  }
  UlidGenerator user_ids(clock, floor);
  service::UserService users(**store, *roles, user_ids, clock, log);

  const std::string event_file = options.data + "/audit-events.jsonl";
  auto target = audit::OpenFileTarget(event_file);
  if (!target.ok()) return At("--data", options.data, target.error());
  // All that can fail has been tried: from here on there is an administrator, and there are threads
  // that log.
  bool made_administrator = false;
  std::string principals_path = options.principals.value_or(options.data + "/principals.json");
  if (!options.principals) {
    const auto made = MakeAdministrator(options.data, server::ArnPart(options.api_arn, 3));
    if (!made.ok()) return At("--data", options.data, made.error());
    made_administrator = *made;
  }
  auto principals = server::PrincipalStore::Open(principals_path, log);
  if (!principals.ok()) return At("--principals", principals_path, principals.error());

  const auto decode = [](const storage::FeedRecord& record) {
    return service::DecodeAuditEntry(record.partition, record.sort, record.item);
  };
  const audit::EventOrigin origin{std::string(server::ArnPart(options.api_arn, 4)),
                                  std::string(server::ArnPart(options.api_arn, 3))};
  std::optional<audit::Relay> relay;
  if (options.relay) {
    relay.emplace(**store, **target, decode, origin, std::string(kRelayConsumer), log);
  }
  AddStoreMetrics(metrics, **store, relay ? &*relay : nullptr, **server);

  server::Throttles throttles(options.throttle);
  server::FrontDoorOptions door_options;
  door_options.api_arn = options.api_arn;
  const server::FrontDoor::Shared shared{door_options, users, **principals, throttles,
                                         metrics,      clock, log};
  (*server)->Start([&] { return std::make_unique<server::FrontDoor>(shared); });

  std::atomic<bool> draining{false};
  const auto is_healthy = [&]() -> Task<bool> {
    std::vector<storage::Key> keys;
    keys.push_back(service::ProfileKey("HEALTH"));
    const auto answer = co_await (*store)->Get(std::move(keys), DeadlineIn(kHealthTime));
    co_return answer.ok() && !draining;
  };
  (*admin)->Start([&] { return std::make_unique<server::AdminHandler>(metrics, is_healthy); });

  log.Info("started").Text("address", net::FormatEndpoint((*server)->endpoint()));
  PrintReadyLine(options, **server, **admin, made_administrator);
  signals.WaitForStop(**principals);

  log.Info("draining");
  draining = true;
  const bool finished = (*server)->Drain(kDrainTime);
  (*admin)->Drain(std::chrono::milliseconds(0));
  log.Info("stopped").Bool("allFinished", finished);
  return Done{};
}

}  // namespace users::wiring
