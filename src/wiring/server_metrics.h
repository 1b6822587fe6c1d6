#pragma once

#include "base/log.h"
#include "search/local/local_index.h"
#include "server/http_server.h"
#include "server/metrics.h"
#include "server/rejection_log.h"
#include "server/tls_store.h"

// The metrics of the parts that count for themselves. The parts must outlive the use of the metrics.
namespace users::wiring {

// How much of the log is unwritten, and how many lines are lost.
void AddLogMetrics(server::Metrics& metrics, const Log& log);

// The open connections of the API's server, and their memory.
void AddConnectionMetrics(server::Metrics& metrics, const server::HttpServer& server);

// How many rejections have no log line of their own.
void AddRejectionMetrics(server::Metrics& metrics, const server::RejectionLog& unauthenticated,
                         const server::RejectionLog& throttled);

// When the certificate in force expires.
void AddCertificateMetrics(server::Metrics& metrics, const server::TlsStore& tls);

// How far the search index is, and whether it is being built.
void AddSearchMetrics(server::Metrics& metrics, const search::local::LocalIndex& index);

}  // namespace users::wiring
