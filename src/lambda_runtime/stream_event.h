#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/event_bus.h"
#include "base/result.h"

// What the relay is invoked with (docs.aws.amazon.com, "Using AWS Lambda with Amazon DynamoDB").
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
  std::string user_id;          // empty if not even that can be read
  std::uint64_t version = 0;    // 0 if the record cannot be read
  RecordFault fault = RecordFault::kUnreadable;
  std::optional<audit::BusEvent> event;  // present if there is no fault
};

// Whether a batch came from the stream, or was kept in the bucket of those that failed.
enum class BatchOrigin { kStream, kFailureBucket };

struct StreamBatch {
  BatchOrigin origin = BatchOrigin::kStream;
  std::vector<StreamRecord> records;  // insertions of audit entries, in the order of the batch
};

// "Publish what one user's entries say again, from this version on."
struct RepublishOrder {
  std::string user_id;
  std::uint64_t from_version = 1;
};

// One of the two is there.
struct RelayEvent {
  std::optional<StreamBatch> batch;
  std::optional<RepublishOrder> republish;
};

// Reads {"Records": [...]}, the content of an object of the failure bucket, which has those records
// in `payload`, or {"republish": {"userId": ..., "fromVersion": n}}. An error is for whoever
// invoked the function and says what the event must be.
Result<RelayEvent> ReadRelayEvent(std::string_view event);

// Whether sequence number `a` comes before `b`: they are numbers of up to 40 digits.
bool IsEarlier(std::string_view a, std::string_view b);

}  // namespace users::lambda_runtime
