#include "wiring/users_server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

#include "base/async/run_task.h"
#include "maintenance/data_directory.h"
#include "maintenance/first_start.h"
#include "net/endpoint.h"
#include "server/admin.h"
#include "server/catalogue_report.h"
#include "server/clock_watch.h"
#include "wiring/file_budget.h"
#include "wiring/ready_line.h"
#include "wiring/server_metrics.h"

namespace users::wiring {
namespace {

// The time that requests get at the end. It is most of the time that the process has to stop in.
constexpr std::chrono::milliseconds kDrainTime{20'000};

constexpr std::chrono::milliseconds kHistoryTime{5'000};

Result<std::unique_ptr<server::HttpServer>, ProgramError> ListenOn(
    std::string_view option, const std::string& text, server::HttpServerOptions options) {
  auto endpoint = net::ParseEndpoint(text);
  if (!endpoint.ok()) return AtOption(option, text, endpoint.error());
  options.listen = *endpoint;
  auto server = server::HttpServer::Listen(options);
  if (!server.ok()) return AtOption(option, text, server.error());
  return std::move(*server);
}

// After a time with a wrong clock, the server continues with ids after its newest user.
void WarnIfIdsAreAhead(const Ulid& greatest, const Clock& clock, const Log& log) {
  const auto ahead = TimeOf(greatest) - clock.Now();
  if (ahead < server::ClockWatch::kMinJump) return;
  log.Warning("user_ids_ahead").Number("milliseconds", ahead.count());
}

}  // namespace

UsersServer::LogLifetime::LogLifetime(server::StopLimit& stop_limit, const Log& log)
    : stop_limit_(stop_limit) {
  stop_limit_.SetLog(&log);
}

UsersServer::LogLifetime::~LogLifetime() {
  stop_limit_.SetLog(nullptr);
  stop_limit_.Enter("writing the log");
}

UsersServer::UsersServer(const ServeOptions& options, server::StopLimit& stop_limit)
    : options_(options),
      stop_limit_(stop_limit),
      sink_(MakeFileDescriptorSink(STDERR_FILENO)),
      log_(*sink_, clock_, options.log_level),
      log_lifetime_(stop_limit, log_),
      unauthenticated_log_(log_, "unauthenticated"),
      throttled_log_(log_, "throttled"),
      throttles_(options.throttle) {
  door_options_.api_arn = options.api_arn;
  door_options_.hosts = options.hosts;
}

ProgramStatus UsersServer::Open() {
  if (auto opened = OpenWatchedFiles(); !opened.ok()) return opened;
  if (auto opened = Listen(); !opened.ok()) return opened;
  if (auto opened = OpenService(); !opened.ok()) return opened;
  // The last step, because it may create an administrator: all that can fail before has been done.
  return OpenPrincipals();
}

void UsersServer::Start() {
  roles_->Watch();
  if (tls_ != nullptr) tls_->Watch();
  if (options_.store == StoreKind::kLocal) maintenance::WarnOfReadableSecrets(options_.data, log_);
  backend_->StartIndex();
  backend_->StartRelay();
  AddMetrics();
  StartHistory();
  StartApi();
  StartAdmin();
  StartReports();
  log_.Info("started").Text("address", net::FormatEndpoint(api_->endpoint()));
}

void UsersServer::PrintReadyLine() const {
  ReadyFacts facts;
  facts.address = api_->endpoint();
  facts.admin_address = admin_->endpoint();
  facts.relay = backend_->relay_name();
  facts.made_administrator = made_administrator_;
  const std::string line = ReadyLine(options_, facts);
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

void UsersServer::Reload() {
  principals_->Reload();
  roles_->Reload();
  if (tls_ != nullptr) tls_->Reload();
}

void UsersServer::Drain() {
  log_.Info("draining");
  draining_ = true;
  stop_limit_.Enter("finishing requests");
  const bool finished = api_->Drain(kDrainTime);
  admin_->Drain(std::chrono::milliseconds(0));
  background_.Stop();
  stop_limit_.Enter("closing the store");
  log_.Info("stopped").Bool("allFinished", finished);
}

ProgramStatus UsersServer::OpenWatchedFiles() {
  auto roles = server::RoleStore::Open(options_.roles, log_);
  if (!roles.ok()) return AtOption("--roles", options_.roles, roles.error());
  roles_ = std::move(*roles);
  if (options_.tls_cert.empty()) return Done{};
  auto tls = server::TlsStore::Open(options_.tls_cert, options_.tls_key, clock_, log_);
  if (!tls.ok()) return ProgramError::CannotRun(InOneLine(tls.error()));
  tls_ = std::move(*tls);
  return Done{};
}

ProgramStatus UsersServer::Listen() {
  const FileBudget files = OwnFileBudget();
  server::HttpServerOptions api_options;
  api_options.threads = std::max(1U, std::thread::hardware_concurrency());
  api_options.max_connections = files.api_connections;
  if (tls_ != nullptr) api_options.tls_context = [this] { return tls_->Current()->context; };
  auto api = ListenOn("--listen", options_.listen, api_options);
  if (!api.ok()) return std::move(api.error());
  api_ = std::move(*api);
  server::HttpServerOptions admin_options;
  admin_options.max_connections = files.admin_connections;
  auto admin = ListenOn("--admin-listen", options_.admin_listen, admin_options);
  if (!admin.ok()) return std::move(admin.error());
  admin_ = std::move(*admin);
  return Done{};
}

ProgramStatus UsersServer::OpenService() {
  auto backend = OpenBackend(options_, clock_, log_);
  if (!backend.ok()) return std::move(backend.error());
  backend_ = std::move(*backend);
  user_ids_.emplace(clock_, backend_->greatest_user_id());
  service::UserServiceOptions service_options;
  service_options.list_shards = backend_->list_shards();
  service_options.index = backend_->index();
  service_options.has_all_items = &backend_->has_all_items();
  service_options.feed = backend_->feed();
  service_options.event_origin = OriginOf(options_);
  catalogue_ = roles_->Current();
  users_.emplace(backend_->store(), catalogue_->roles, *user_ids_, clock_, log_, service_options);
  return Done{};
}

ProgramStatus UsersServer::OpenPrincipals() {
  if (!options_.principals) {
    const auto made =
        maintenance::MakeAdministrator(options_.data, server::ArnPart(options_.api_arn, 3));
    if (!made.ok()) return AtOption("--data", options_.data, made.error());
    made_administrator_ = *made;
  }
  const std::string path = options_.principals.value_or(options_.data + "/principals.json");
  auto principals = server::PrincipalStore::Open(path, log_);
  if (!principals.ok()) return AtOption("--principals", path, principals.error());
  principals_ = std::move(*principals);
  return Done{};
}

void UsersServer::AddMetrics() {
  if (tls_ != nullptr) AddCertificateMetrics(metrics_, *tls_);
  backend_->AddMetrics(metrics_);
  AddLogMetrics(metrics_, log_);
  AddConnectionMetrics(metrics_, *api_);
  AddRejectionMetrics(metrics_, unauthenticated_log_, throttled_log_);
}

// The history should know the catalogue before the first user is created with it. If the store does
// not respond, the server starts all the same, and the history follows later.
void UsersServer::StartHistory() {
  history_.emplace(*users_, *roles_, *principals_, clock_, log_);
  RunTask(history_->Record(DeadlineIn(kHistoryTime)));
  background_.Start([this] { return history_->Follow(); });
}

void UsersServer::StartApi() {
  const server::FrontDoor::Shared shared{
      door_options_, *users_, *principals_,         throttles_,     metrics_,
      clock_,        log_,    unauthenticated_log_, throttled_log_, roles_.get()};
  api_->Start([&shared] { return std::make_unique<server::FrontDoor>(shared); });
}

void UsersServer::StartAdmin() {
  health_.Add("draining", [this] { return !draining_; });
  health_.Add("log", [this] { return log_.Status().is_written; });
  backend_->AddHealthChecks(health_);
  health_.AddMetrics(metrics_);
  admin_->Start([this] { return std::make_unique<server::AdminHandler>(metrics_, health_); });
}

void UsersServer::StartReports() {
  WarnIfIdsAreAhead(backend_->greatest_user_id(), clock_, log_);
  if (options_.store == StoreKind::kLocal) {
    background_.Start([this] { return server::ReportUnknownRoles(*users_, *roles_, log_); });
  }
  background_.Start([this] { return backend_->Upgrade(); });
  watch_.emplace(clock_, log_);
}

}  // namespace users::wiring
