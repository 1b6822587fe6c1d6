#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/ulid.h"
#include "server/health.h"
#include "server/metrics.h"
#include "storage/table_store.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// The store that a server works on, with all that comes with it.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual storage::TableStore& store() = 0;
  virtual std::uint32_t list_shards() const = 0;
  // The greatest user id there is, where one server hands out all of them; else the least of all.
  virtual Ulid greatest_user_id() const = 0;

  // Begins to deliver events, on a thread of its own, where this server is the one to do so. `log`
  // and `options` are those of Open.
  virtual void StartRelay() = 0;
  // Who delivers this server's events: a consumer of the feed, or "none".
  virtual std::string_view relay_name() const = 0;

  // The backend outlives the use of the metrics.
  virtual void AddMetrics(server::Metrics& metrics) const = 0;

  // Adds the checks of this store, and starts what they need. The backend outlives their use.
  virtual void AddHealthChecks(server::Health& health) = 0;
};

// The embedded store in options.data.
Result<std::unique_ptr<Backend>> OpenLocalBackend(const ServeOptions& options, const Clock& clock,
                                                  const Log& log);

// Tables of DynamoDB, or of an engine with its protocol; made first where the options say so.
Result<std::unique_ptr<Backend>> OpenDynamoDbBackend(const ServeOptions& options,
                                                     const Clock& clock, const Log& log);

// The one that the options name. An error's message is one line that names the option.
Result<std::unique_ptr<Backend>> OpenBackend(const ServeOptions& options, const Clock& clock,
                                             const Log& log);

// "--data DIR: ..."
Error AtOption(std::string_view option, std::string_view value, const Error& error);

}  // namespace users::wiring
