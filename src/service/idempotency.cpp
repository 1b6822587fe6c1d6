#include "service/idempotency.h"

#include <algorithm>

#include "base/random.h"
#include "service/item_format.h"

namespace users::service {
namespace {

// The names and sizes of the attributes, and the values of constant length.
constexpr std::size_t kFrameOfARecord = 256;

// Earlier versions of this program, which may run beside this one on the same tables, keep a hash
// of 32 bytes under this name and cannot read a record without it.
constexpr std::string_view kNonceAttribute = "seal";

std::int64_t Seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// Hashes the key and everything in the record except the nonce.
Sha256Digest HashOf(const storage::Key& key, const IdempotencyRecord& record) {
  const StoredResponse& response = record.response;
  return Sha256OfFields(
      {key.partition, AsText(record.request_hash), std::to_string(response.status), response.body,
       std::to_string(response.version), response.location, std::to_string(record.expires_at)});
}

}  // namespace

storage::Key IdempotencyItemKey(const IdempotencyScope& scope) {
  const Sha256Digest digest =
      Sha256OfFields({scope.owner, scope.operation, scope.target, scope.key});
  return storage::Key(storage::Table::kIdempotency, "IDEM#" + ToHex(digest));
}

IdempotencyRecord MakeRecord(const Sha256Digest& request_hash, StoredResponse response,
                             Timestamp now) {
  IdempotencyRecord record;
  record.request_hash = request_hash;
  record.response = std::move(response);
  // Rounded up, so that a key is never forgotten too early.
  record.expires_at = std::chrono::ceil<std::chrono::seconds>(now + kIdempotencyLifetime)
                          .time_since_epoch()
                          .count();
  record.nonce = RandomBytes<32>();
  return record;
}

domain::Salt SaltFor(const storage::Key& key, const IdempotencyRecord& record) {
  const Sha256Digest mac = HmacSha256(record.nonce, AsText(HashOf(key, record)));
  domain::Salt salt{};
  std::copy_n(mac.begin(), salt.size(), salt.begin());
  return salt;
}

storage::WriteOp PutRecord(storage::Key key, const IdempotencyRecord& record, Timestamp now) {
  return storage::WriteOp::Put(
      std::move(key), EncodeRecord(record),
      storage::Condition::AbsentOrNumberAtMost(kTtlAttribute, Seconds(now)));
}

storage::WriteOp PutProbe(Timestamp now) {
  storage::Item item;
  item.SetNumber(kTtlAttribute, Seconds(now + kIdempotencyLifetime));
  return storage::WriteOp::Put(storage::Key(storage::Table::kIdempotency, "HEALTH"),
                               std::move(item));
}

storage::Item EncodeRecord(const IdempotencyRecord& record) {
  const StoredResponse& response = record.response;
  storage::Item item = NewItem(kFrameOfARecord + response.body.size() + response.location.size());
  item.SetBinary("requestHash", AsText(record.request_hash));
  item.SetNumber("status", response.status);
  item.SetString("body", response.body);
  item.SetNumber("version", static_cast<std::int64_t>(response.version));
  item.SetString("location", response.location);
  item.SetNumber(kTtlAttribute, record.expires_at);
  item.SetBinary(kNonceAttribute, AsText(record.nonce));
  return item;
}

Result<IdempotencyRecord> DecodeRecord(const storage::Item& item) {
  ItemReader reader(item);
  IdempotencyRecord record;
  record.request_hash = reader.Bytes<32>("requestHash");
  record.response.status = static_cast<int>(reader.Number("status"));
  record.response.body = reader.String("body");
  record.response.version = static_cast<std::uint64_t>(reader.Number("version"));
  record.response.location = reader.String("location");
  record.expires_at = reader.Number(kTtlAttribute);
  record.nonce = reader.Bytes<32>(kNonceAttribute);
  if (!reader.ok()) return reader.error();
  return record;
}

Result<std::optional<IdempotencyRecord>> LiveRecord(const std::optional<storage::Item>& item,
                                                    Timestamp now) {
  if (!item) return std::optional<IdempotencyRecord>();
  auto record = DecodeRecord(*item);
  if (!record.ok()) return std::move(record.error());
  if (record->expires_at <= Seconds(now)) return std::optional<IdempotencyRecord>();
  return std::optional<IdempotencyRecord>(std::move(*record));
}

bool IsWithoutCommitment(const storage::Key& key, const IdempotencyRecord& record) {
  return record.nonce == HashOf(key, record);
}

}  // namespace users::service
