#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event_bus.h"
#include "base/result.h"

// The events that invoke the relay (docs.aws.amazon.com, "Using AWS Lambda with Amazon DynamoDB").
// The functions are thread-safe.
namespace users::lambda_runtime {

// Why a record must not be published.
enum class RecordFault {
  kNone,
  kUnreadable,     // it is not an audit entry of a format that this program knows
  kDoesNotVerify,  // the entry's hashes do not match its members
};

// The insertion of an audit entry, as the stream of the users table reports it.
struct StreamRecord {
  std::string sequence_number;  // decimal digits
  std::string chain;            // the user's id or the subject's name; empty if it cannot be read
  std::uint64_t version = 0;    // 0 if the record cannot be read
  RecordFault fault = RecordFault::kUnreadable;
  std::optional<audit::BusEvent> event;  // present if there is no fault
};

// The origin of a batch: the stream, or the bucket of failed batches.
enum class BatchOrigin { kStream, kFailureBucket };

// The insertions of audit entries in one batch.
struct StreamBatch {
  BatchOrigin origin = BatchOrigin::kStream;
  std::vector<StreamRecord> records;  // in the order of the batch
};

// An order to publish the entries of one user or subject again, from a version on.
struct RepublishOrder {
  std::string chain;
  std::uint64_t from_version = 1;
};

// One of the two is set.
struct RelayEvent {
  std::optional<StreamBatch> batch;
  std::optional<RepublishOrder> republish;
};

// Parses {"Records": [...]}, an object of the failure bucket (which has those records in
// `payload`), or {"republish": {"userId": ..., "fromVersion": n}}, which may
// have `subject` instead of `userId`. Fails with kValidation. The
// message tells the invoker what the event must be.
Result<RelayEvent> ReadRelayEvent(std::string_view event);

// Returns whether sequence number `a` is less than `b`. They are numbers of up to 40 digits.
bool IsEarlier(std::string_view a, std::string_view b);

}  // namespace users::lambda_runtime
