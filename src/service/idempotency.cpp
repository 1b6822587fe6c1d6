#include "service/idempotency.h"

#include <algorithm>

#include "service/item_format.h"

namespace users::service {
namespace {

// The names of the attributes, their sizes, and what is always of one length.
constexpr std::size_t kFrameOfARecord = 256;

std::int64_t Seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// The seal covers the key and all that stands under it.
storage::Item EncodeRecord(std::string_view partition, const IdempotencyRecord& record,
                           std::int64_t ttl) {
  const StoredAnswer& answer = record.answer;
  const Sha256Digest seal = Sha256OfFields(
      {partition, AsText(record.request_hash), std::to_string(answer.status), answer.body,
       std::to_string(answer.version), answer.location, std::to_string(ttl)});
  storage::Item item = NewItem(kFrameOfARecord + answer.body.size() + answer.location.size());
  item.SetBinary("requestHash", AsText(record.request_hash));
  item.SetNumber("status", answer.status);
  item.SetString("body", answer.body);
  item.SetNumber("version", static_cast<std::int64_t>(answer.version));
  item.SetString("location", answer.location);
  item.SetNumber(kTtlAttribute, ttl);
  item.SetBinary("seal", AsText(seal));
  return item;
}

}  // namespace

storage::Key IdempotencyItemKey(const IdempotencyScope& scope) {
  const Sha256Digest digest =
      Sha256OfFields({scope.owner, scope.operation, scope.target, scope.key});
  return storage::Key(storage::Table::kIdempotency, "IDEM#" + ToHex(digest));
}

storage::WriteOp RememberAnswer(const IdempotencyScope& scope, const IdempotencyRecord& record,
                                Timestamp now) {
  // Rounded up: a key is never forgotten before its time.
  const std::int64_t ttl = std::chrono::ceil<std::chrono::seconds>(now + kIdempotencyLifetime)
                               .time_since_epoch()
                               .count();
  storage::Key key = IdempotencyItemKey(scope);
  storage::Item item = EncodeRecord(key.partition, record, ttl);
  return storage::WriteOp::Put(
      std::move(key), std::move(item),
      storage::Condition::AbsentOrNumberAtMost(kTtlAttribute, Seconds(now)));
}

Result<IdempotencyRecord> DecodeRecord(const storage::Item& item) {
  ItemReader reader(item);
  IdempotencyRecord record;
  record.request_hash = reader.Bytes<32>("requestHash");
  record.answer.status = static_cast<int>(reader.Number("status"));
  record.answer.body = reader.String("body");
  record.answer.version = static_cast<std::uint64_t>(reader.Number("version"));
  record.answer.location = reader.String("location");
  reader.Number(kTtlAttribute);
  reader.Bytes<32>("seal");  // is judged where time does not matter, by IsAsRemembered
  if (!reader.ok()) return reader.error();
  return record;
}

Result<std::optional<IdempotencyRecord>> LiveRecord(const std::optional<storage::Item>& item,
                                                    Timestamp now) {
  if (!item) return std::optional<IdempotencyRecord>();
  auto record = DecodeRecord(*item);
  if (!record.ok()) return std::move(record.error());
  if (*item->FindNumber(kTtlAttribute) <= Seconds(now)) return std::optional<IdempotencyRecord>();
  return std::optional<IdempotencyRecord>(std::move(*record));
}

bool IsAsRemembered(const storage::Key& key, const storage::Item& item) {
  const auto record = DecodeRecord(item);
  const auto ttl = item.FindNumber(kTtlAttribute);
  return record.ok() && key.sort.empty() && item == EncodeRecord(key.partition, *record, *ttl);
}

}  // namespace users::service
