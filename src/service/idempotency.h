#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/sha256.h"
#include "domain/audit_entry.h"
#include "storage/table_store.h"

namespace users::service {

// The first response to a write, which is stored and replayed byte for byte. The caller of the
// service rendered it and is responsible for its content.
struct StoredResponse {
  int status = 0;
  std::string body;
  std::uint64_t version = 0;  // the ETag
  std::string location;       // empty if the response has none
};

// The scope of a key: the caller (idempotency owner), the operation and the target user (empty for
// a registration).
struct IdempotencyScope {
  std::string owner;
  std::string operation;
  std::string target;
  std::string key;
};

// The stored response to one change. A record that is changed, moved to another key or created
// again for the same change is detected, because the salt of the change's audit entry commits to it
// (SaltFor), and the entry's hash chain commits to the salt.
struct IdempotencyRecord {
  Sha256Digest request_hash{};
  StoredResponse response;
  std::int64_t expires_at = 0;           // seconds since 1970
  std::array<std::uint8_t, 32> nonce{};  // random; opens the commitment, and is nowhere else
};

// The time for which a committed change is remembered.
inline constexpr std::chrono::hours kIdempotencyLifetime{24};

// Returns a record created at `now`, with a new nonce.
IdempotencyRecord MakeRecord(const Sha256Digest& request_hash, StoredResponse response,
                             Timestamp now);

// Returns the salt that the audit entry of the change has if the record under this key is its
// response: the first 16 bytes of an HMAC-SHA-256 of key and record, with the nonce as its key.
// Without the nonce it looks like random bytes. No other record with the same salt can be found.
domain::Salt SaltFor(const storage::Key& key, const IdempotencyRecord& record);

// The attribute with the expiry of a record, in seconds since 1970.
inline constexpr std::string_view kTtlAttribute = "ttl";

// Returns the key of the record of this scope.
storage::Key IdempotencyItemKey(const IdempotencyScope& scope);

// Returns the put that stores a record, on condition that the key is unused or its record has
// expired by `now`.
storage::WriteOp PutRecord(storage::Key key, const IdempotencyRecord& record, Timestamp now);

// Returns the put of an item that is no record, for probes of the store. The item expires like a
// record that was created at `now`.
storage::WriteOp PutProbe(Timestamp now);

// Returns the item as it is stored.
storage::Item EncodeRecord(const IdempotencyRecord& record);
Result<IdempotencyRecord> DecodeRecord(const storage::Item& item);

// Returns whether an earlier version of this program created the record. The audit entries of that
// version do not commit to responses. Its records have a hash of key and content instead of the
// nonce, which anyone can compute.
bool IsWithoutCommitment(const storage::Key& key, const IdempotencyRecord& record);

// Returns the record in the item, or nothing if there is no item or the record has expired.
Result<std::optional<IdempotencyRecord>> LiveRecord(const std::optional<storage::Item>& item,
                                                    Timestamp now);

}  // namespace users::service
