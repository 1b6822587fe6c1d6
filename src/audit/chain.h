#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>

#include "base/sha256.h"
#include "domain/audit_entry.h"

// The salted hash chain of a user's audit entries, as the contract fixes it:
//   changesHash = SHA-256(JCS({"changes": ..., "salt": ...}))
//   hash        = SHA-256(JCS(the entry without hash, changes and salt))
//   prevHash    = the hash of the entry before, 64 zeros for the first
// JCS is RFC 8785. Personal data stands in `changes` only, under a salt of its own, so that it can
// be erased later and the chain still proves the rest.
namespace users::audit {

// Links the entry to `prev_hash` and computes its hashes. The caller has set all other members. The
// salt must be as unpredictable as random bytes, and no other entry may have it.
void Seal(domain::AuditEntry& entry, const domain::Salt& salt, const Sha256Digest& prev_hash);
// The same with a random salt.
void Seal(domain::AuditEntry& entry, const Sha256Digest& prev_hash);

// Whether `changesHash` and `hash` are the hashes of the entry's other members. It does not look at
// the entry's place in the chain: ChainVerifier does. Thread-safe.
bool HashesMatch(const domain::AuditEntry& entry);

// Verifies the entries of one user, oldest first, as anyone can who has them.
class ChainVerifier {
 public:
  // Takes the next entry in its JSON form. Returns what is wrong with it, if anything is.
  std::optional<std::string> Add(const boost::json::object& entry);

  // After the last one: what is wrong with the whole. `head` is the hash that the user record keeps
  // of its newest entry, where it is at hand; without it nobody can tell that the newest entries
  // were cut off.
  std::optional<std::string> Finish(const Sha256Digest* head = nullptr) const;

  std::uint64_t entries() const { return entries_; }

 private:
  std::uint64_t entries_ = 0;
  std::string user_id_;
  std::string last_timestamp_;
  std::string last_hash_ = std::string(64, '0');
  std::optional<std::uint64_t> first_erased_;  // waits for a later USER_ERASED
};

}  // namespace users::audit
