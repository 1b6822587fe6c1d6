#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit/event_bus.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "lambda_runtime/runtime_api.h"
#include "lambda_runtime/stream_event.h"
#include "storage/table_store.h"

namespace users::lambda_runtime {

// Publishes the audit entries that the stream of the users table reports, and writes one line for
// each event with its metrics (published, failed, broken, latency, cold starts). An entry that
// cannot be read, or whose hashes do not match, is never published, nor is a later entry of its
// user in the same batch. It is reported as failed, also in its own line of the log. Not
// thread-safe.
class RelayHandler {
 public:
  // `function_name` is the dimension of the metrics. All references must outlive the handler.
  RelayHandler(std::string function_name, audit::EventBus& bus, storage::TableStore& store,
               const Clock& clock, const Log& log)
      : function_name_(std::move(function_name)),
        bus_(bus),
        store_(store),
        clock_(clock),
        log_(log) {}

  // For a batch of the stream, returns {"batchItemFailures": [...]} with the first record that
  // could not be published; Lambda then resends this record and all after it. For a republish
  // order, returns {"published": n, ...}; an error says how far it came.
  Task<Result<std::string>> Handle(const Invocation& invocation);

 private:
  struct Outcome;
  Task<Result<std::string>> PublishBatch(StreamBatch batch, Deadline deadline, Outcome& outcome);
  Task<Result<std::string>> Republish(RepublishOrder order, Deadline deadline, Outcome& outcome);
  void ReportFault(const StreamRecord& record);
  void Report(const Outcome& outcome, std::chrono::nanoseconds duration);

  const std::string function_name_;
  audit::EventBus& bus_;
  storage::TableStore& store_;
  const Clock& clock_;
  const Log& log_;
  bool is_cold_ = true;  // until the first response
};

}  // namespace users::lambda_runtime
