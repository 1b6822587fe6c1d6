#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/sha256.h"
#include "storage/table_store.h"

namespace users::service {

// The first answer to a write, as it is stored and repeated byte for byte. What stands in it is the
// business of the caller of the service, which rendered it.
struct StoredAnswer {
  int status = 0;
  std::string body;
  std::uint64_t version = 0;  // the ETag
  std::string location;       // empty if the answer has none
};

// Whose key it is and for what: the caller (idempotency owner), the operation and the target user
// (empty for a registration).
struct IdempotencyScope {
  std::string owner;
  std::string operation;
  std::string target;
  std::string key;
};

struct IdempotencyRecord {
  Sha256Digest request_hash{};
  StoredAnswer answer;
};

// For how long a committed change is remembered.
inline constexpr std::chrono::hours kIdempotencyLifetime{24};

// The attribute that holds the end of a record's life, seconds since 1970.
inline constexpr std::string_view kTtlAttribute = "ttl";

storage::Key IdempotencyItemKey(const IdempotencyScope& scope);

// The put that remembers an answer, on condition that the key is unused or its record has expired.
storage::WriteOp RememberAnswer(const IdempotencyScope& scope, const IdempotencyRecord& record,
                                Timestamp now);

Result<IdempotencyRecord> DecodeRecord(const storage::Item& item);

// Whether the item is what was stored under this key, in every byte: it carries a hash of its key
// and its content. (A hash without a secret: it shows what was changed, moved or copied, not what
// was made anew with its hash.)
bool IsAsRemembered(const storage::Key& key, const storage::Item& item);

// The record in the item, or nothing if it has expired, as if there were none.
Result<std::optional<IdempotencyRecord>> LiveRecord(const std::optional<storage::Item>& item,
                                                    Timestamp now);

}  // namespace users::service
