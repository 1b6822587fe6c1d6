#include "lambda_runtime/stream_event.h"

#include <algorithm>

#include "audit/chain.h"
#include "base/json/json.h"
#include "base/json/json_reader.h"
#include "base/ulid.h"
#include "lambda_runtime/event_json.h"
#include "service/user_records.h"
#include "storage/dynamodb/item_json.h"

namespace users::lambda_runtime {
namespace {

namespace bj = boost::json;

Error Malformed(std::string_view what) {
  return Error::Of(ErrorCode::kValidation, std::string(what));
}

// The text of a key attribute: {"PK": {"S": "..."}}.
std::string_view KeyPart(const bj::object& keys, std::string_view name) {
  const bj::object* value = FindObject(keys, name);
  return value == nullptr ? std::string_view() : json::FindString(*value, "S").value_or("");
}

void ReadEntry(std::string_view partition, std::string_view sort, const bj::object& change,
               StreamRecord& record) {
  const bj::object* image = FindObject(change, "NewImage");
  if (image == nullptr) return;
  const auto item = storage::dynamodb::DecodeItem(*image);
  if (!item) return;
  const auto entry = service::DecodeAuditEntry(partition, sort, *item);
  if (!entry.ok()) return;
  record.version = entry->version;
  record.fault = audit::HashesMatch(*entry) ? RecordFault::kNone : RecordFault::kDoesNotVerify;
  if (record.fault != RecordFault::kNone) return;
  record.event.emplace(entry->chain(), entry->timestamp, audit::EventDetail(*entry));
}

// Adds the record if it is the insertion of an audit entry. Returns false if it is not a record of
// the stream.
bool AddRecord(const bj::value& value, std::vector<StreamRecord>& records) {
  const bj::object* record = value.if_object();
  const bj::object* change = record == nullptr ? nullptr : FindObject(*record, "dynamodb");
  const bj::object* keys = change == nullptr ? nullptr : FindObject(*change, "Keys");
  if (keys == nullptr) return false;
  const std::string_view partition = KeyPart(*keys, storage::dynamodb::kPartitionName);
  const auto chain = service::AuditChainOf(partition);
  if (json::FindString(*record, "eventName") != "INSERT" || !chain) return true;
  const auto number = json::FindString(*change, "SequenceNumber").value_or("");
  if (number.empty() || number.find_first_not_of("0123456789") != number.npos) return false;
  StreamRecord found;
  found.sequence_number = number;
  found.chain = *chain;
  ReadEntry(partition, KeyPart(*keys, storage::dynamodb::kSortName), *change, found);
  records.push_back(std::move(found));
  return true;
}

Result<StreamBatch> ReadBatch(const bj::object& event, BatchOrigin origin) {
  StreamBatch batch;
  batch.origin = origin;
  const bj::value* member = event.if_contains("Records");
  const bj::array* records = member == nullptr ? nullptr : member->if_array();
  if (records == nullptr) return Malformed("Records must be a list");
  for (const bj::value& record : *records) {
    if (!AddRecord(record, batch.records)) {
      return Malformed("Records must come from the stream of a DynamoDB table");
    }
  }
  return batch;
}

// `payload` holds the whole event that failed, as text.
Result<StreamBatch> ReadFailedBatch(const bj::object& record) {
  const bj::value* payload = record.if_contains("payload");
  if (payload == nullptr) {
    return Malformed("payload is missing: this record has positions only; use republish");
  }
  if (const bj::object* object = payload->if_object()) {
    return ReadBatch(*object, BatchOrigin::kFailureBucket);
  }
  const bj::string* text = payload->if_string();
  if (text == nullptr) return Malformed("payload must be an event");
  const auto parsed = json::Parse(*text);
  if (!parsed.ok() || !parsed->value.is_object()) return Malformed("payload must be an event");
  return ReadBatch(parsed->value.get_object(), BatchOrigin::kFailureBucket);
}

Result<RepublishOrder> ReadOrder(const bj::value& event) {
  json::FieldErrors errors;
  json::ObjectReader root(event, "", errors, "event");
  RepublishOrder order;
  if (const auto* member = root.Find("republish", json::Presence::kRequired)) {
    json::ObjectReader reader(*member, "republish", errors);
    const auto user_id = reader.String("userId", json::Presence::kOptional);
    const auto subject = reader.String("subject", json::Presence::kOptional);
    if (user_id.has_value() == subject.has_value()) {
      errors.Add(reader.PathOf("userId"), "is required, or instead of it `subject`");
    } else if (user_id && !ParseUlid(*user_id)) {
      errors.Add(reader.PathOf("userId"), "must be a user id");
    } else if (subject && (subject->empty() || ParseUlid(*subject))) {
      errors.Add(reader.PathOf("subject"), "must be the name of a subject, such as catalogue");
    }
    order.chain = user_id ? *user_id : subject.value_or("");
    if (const auto version = reader.Integer("fromVersion", json::Presence::kRequired)) {
      if (*version < 1) errors.Add(reader.PathOf("fromVersion"), "must be 1 or more");
      order.from_version = static_cast<std::uint64_t>(*version);
    }
    reader.RejectOthers();
  }
  root.RejectOthers();
  if (!errors.empty()) return Malformed(InOneLine(std::move(errors).ToError()));
  return order;
}

}  // namespace

Result<RelayEvent> ReadRelayEvent(std::string_view event) {
  const auto parsed = json::Parse(event);
  if (!parsed.ok()) return Malformed("the event is not JSON");
  const bj::object* object = parsed->value.if_object();
  if (object == nullptr) return Malformed("the event must be an object");
  RelayEvent read;
  if (object->contains("republish")) {
    auto order = ReadOrder(parsed->value);
    if (!order.ok()) return std::move(order.error());
    read.republish = std::move(*order);
    return read;
  }
  auto batch = object->contains("DDBStreamBatchInfo") || object->contains("payload")
                   ? ReadFailedBatch(*object)
                   : ReadBatch(*object, BatchOrigin::kStream);
  if (!batch.ok()) return std::move(batch.error());
  read.batch = std::move(*batch);
  return read;
}

bool IsEarlier(std::string_view a, std::string_view b) {
  const auto significant = [](std::string_view digits) {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
  };
  a = significant(a);
  b = significant(b);
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace users::lambda_runtime
