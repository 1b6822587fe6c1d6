#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

#include "base/async/background_task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/program_error.h"
#include "base/ulid.h"
#include "server/configuration_history.h"
#include "server/front_door.h"
#include "server/health.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/principal_store.h"
#include "server/rejection_log.h"
#include "server/role_store.h"
#include "server/server_watch.h"
#include "server/stop_limit.h"
#include "server/throttle.h"
#include "server/tls_store.h"
#include "service/user_service.h"
#include "wiring/backend.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// All parts of a server, from its log to its last thread. Call the methods from one thread, in
// their order, each once except Reload.
class UsersServer {
 public:
  // Both must outlive the server. `stop_limit` learns the stages of the stop.
  UsersServer(const ServeOptions& options, server::StopLimit& stop_limit);

  // Opens every part that can fail and serves nothing yet. Fails with kExitCannotRun; the message is
  // one line with the fault and the remedy. After an error, destroy the server.
  ProgramStatus Open();
  // Starts all threads and serves requests.
  void Start();
  // Prints the ready line on standard output.
  void PrintReadyLine() const;
  // Reads the principals, the role catalogue and the certificate again.
  void Reload();
  // Lets the requests that have begun finish within a bounded time, and serves no more.
  void Drain();

 private:
  // Gives the log to the limit of the stop, as long as the log exists.
  class LogLifetime {
   public:
    LogLifetime(server::StopLimit& stop_limit, const Log& log);
    ~LogLifetime();
    LogLifetime(const LogLifetime&) = delete;
    LogLifetime& operator=(const LogLifetime&) = delete;

   private:
    server::StopLimit& stop_limit_;
  };

  ProgramStatus OpenWatchedFiles();
  ProgramStatus Listen();
  ProgramStatus OpenService();
  ProgramStatus OpenPrincipals();
  void AddMetrics();
  void StartHistory();
  void StartApi();
  void StartAdmin();
  void StartReports();

  const ServeOptions& options_;
  server::StopLimit& stop_limit_;

  // Each object is declared after those that it may need, and destroyed before them. The servers
  // come first, because the contexts of their threads must outlive the calls that still complete on
  // them.
  const SystemClock clock_;
  const std::unique_ptr<LogSink> sink_;
  const Log log_;
  // Declared here so that it ends before the log is destroyed.
  const LogLifetime log_lifetime_;
  server::Metrics metrics_;
  server::RejectionLog unauthenticated_log_;
  server::RejectionLog throttled_log_;
  BackgroundTask background_;  // outlives the store, which may still complete a call of it
  std::unique_ptr<server::RoleStore> roles_;
  std::unique_ptr<server::TlsStore> tls_;  // null: without TLS
  std::unique_ptr<server::HttpServer> api_;
  std::unique_ptr<server::HttpServer> admin_;
  std::unique_ptr<Backend> backend_;
  std::optional<UlidGenerator> user_ids_;
  std::shared_ptr<const server::LoadedCatalogue> catalogue_;
  std::optional<service::UserService> users_;
  std::unique_ptr<server::PrincipalStore> principals_;
  std::optional<server::ConfigurationHistory> history_;
  bool made_administrator_ = false;
  server::Throttles throttles_;
  server::FrontDoorOptions door_options_;
  std::atomic<bool> draining_{false};
  server::Health health_;
  std::optional<server::ServerWatch> watch_;
};

}  // namespace users::wiring
