#include "wiring/server_metrics.h"

#include <chrono>

namespace users::wiring {

using Kind = server::Metrics::Kind;

void AddLogMetrics(server::Metrics& metrics, const Log& log) {
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

void AddConnectionMetrics(server::Metrics& metrics, const server::HttpServer& server) {
  metrics.Add(Kind::kGauge, "users_connections", "Open connections",
              [&server] { return static_cast<double>(server.connections()); });
  metrics.Add(Kind::kGauge, "users_known_connections",
              "Open connections whose last request was authenticated and allowed",
              [&server] { return static_cast<double>(server.known_connections()); });
  metrics.Add(Kind::kGauge, "users_unauthenticated_bytes",
              "Memory of the connections that are not known",
              [&server] { return static_cast<double>(server.unknown_client_bytes()); });
}

void AddRejectionMetrics(server::Metrics& metrics, const server::RejectionLog& unauthenticated,
                         const server::RejectionLog& throttled) {
  metrics.Add(Kind::kCounter, "users_rejections_not_logged_total",
              "Rejected requests that have no log line of their own, because there were too many",
              [&unauthenticated, &throttled] {
                return static_cast<double>(unauthenticated.left_out() + throttled.left_out());
              });
}

void AddSearchMetrics(server::Metrics& metrics, const search::local::LocalIndex& index) {
  const auto& s = index.statistics();
  metrics.Add(Kind::kGauge, "users_search_ready", "1; 0 while the search index is being built",
              s.ready);
  metrics.Add(Kind::kGauge, "users_search_lag_changes", "Committed changes not in the search index",
              [&index] { return static_cast<double>(index.lag()); });
  metrics.Add(Kind::kCounter, "users_search_indexed_users_total",
              "Users written to the search index, repeated ones included", s.users);
  metrics.Add(Kind::kCounter, "users_search_builds_total",
              "How often the search index was built from nothing", s.builds);
  metrics.Add(Kind::kCounter, "users_search_failures_total",
              "Failed steps of the search index, which are retried", s.failures);
}

void AddCertificateMetrics(server::Metrics& metrics, const server::TlsStore& tls) {
  metrics.Add(Kind::kGauge, "users_tls_certificate_expiry_timestamp_seconds",
              "When the first certificate of the chain in force expires, in Unix time", [&tls] {
                const auto expiry = tls.Current()->expires_at.time_since_epoch();
                return std::chrono::duration<double>(expiry).count();
              });
}

}  // namespace users::wiring
