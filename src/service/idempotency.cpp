#include "service/idempotency.h"

#include <algorithm>

#include "service/item_format.h"

namespace users::service {
namespace {

std::int64_t Seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
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
  storage::Item item = NewItem();
  item.SetBinary("requestHash", AsText(record.request_hash));
  item.SetNumber("status", record.answer.status);
  item.SetString("body", record.answer.body);
  item.SetNumber("version", static_cast<std::int64_t>(record.answer.version));
  item.SetString("location", record.answer.location);
  item.SetNumber(kTtlAttribute, ttl);
  return storage::WriteOp::Put(
      IdempotencyItemKey(scope), std::move(item),
      storage::Condition::AbsentOrNumberAtMost(kTtlAttribute, Seconds(now)));
}

Result<std::optional<IdempotencyRecord>> LiveRecord(const std::optional<storage::Item>& item,
                                                    Timestamp now) {
  if (!item) return std::optional<IdempotencyRecord>();
  ItemReader reader(*item);
  const std::int64_t ttl = reader.Number(kTtlAttribute);
  IdempotencyRecord record;
  record.request_hash = reader.Bytes<32>("requestHash");
  record.answer.status = static_cast<int>(reader.Number("status"));
  record.answer.body = reader.String("body");
  record.answer.version = static_cast<std::uint64_t>(reader.Number("version"));
  record.answer.location = reader.String("location");
  if (!reader.ok()) return reader.error();
  if (ttl <= Seconds(now)) return std::optional<IdempotencyRecord>();
  return std::optional<IdempotencyRecord>(std::move(record));
}

}  // namespace users::service
