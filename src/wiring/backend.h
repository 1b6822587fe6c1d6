#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/program_error.h"
#include "base/ulid.h"
#include "server/health.h"
#include "server/metrics.h"
#include "storage/table_store.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// The store of a server, with its relay, metrics and health checks.
class Backend {
 public:
  virtual ~Backend() = default;

  // The store, and its number of list shards.
  virtual storage::TableStore& store() = 0;
  virtual std::uint32_t list_shards() const = 0;
  // Returns the greatest existing user id if only this server assigns ids, otherwise the least id.
  virtual Ulid greatest_user_id() const = 0;

  // False while users of an earlier version may lack items, until Upgrade has ended.
  virtual const std::atomic<bool>& has_all_items() const = 0;
  // Gives these users their items while the server runs. Retries until it succeeds. The backend must
  // outlive the call.
  virtual Task<void> Upgrade() = 0;

  // Starts to deliver events, on its own thread, if this server must deliver them. `log` and
  // `options` are those of Open.
  virtual void StartRelay() = 0;
  // The name of the consumer of the feed that delivers this server's events, or "none".
  virtual std::string_view relay_name() const = 0;

  // The backend must outlive the use of the metrics.
  virtual void AddMetrics(server::Metrics& metrics) const = 0;

  // Adds the checks of this store, and starts their probes. The backend must outlive their use.
  virtual void AddHealthChecks(server::Health& health) = 0;
};

// Opens the embedded store in options.data. Fails like OpenBackend.
Result<std::unique_ptr<Backend>, ProgramError> OpenLocalBackend(const ServeOptions& options,
                                                                const Clock& clock, const Log& log);

// Opens tables of DynamoDB, or of an engine with its protocol. Creates them first if the options
// say so. Fails like OpenBackend.
Result<std::unique_ptr<Backend>, ProgramError> OpenDynamoDbBackend(const ServeOptions& options,
                                                                   const Clock& clock,
                                                                   const Log& log);

// Opens the backend that the options name. Fails with kExitCannotRun; the message names the
// option.
Result<std::unique_ptr<Backend>, ProgramError> OpenBackend(const ServeOptions& options,
                                                           const Clock& clock, const Log& log);

}  // namespace users::wiring
