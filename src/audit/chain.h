#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>

#include "base/sha256.h"
#include "domain/audit_entry.h"

// The salted hash chain of a user's audit entries, as the contract defines it:
//   changesHash = SHA-256(JCS({"changes": ..., "salt": ...}))
//   hash        = SHA-256(JCS(the entry without hash, changes and salt))
//   prevHash    = the hash of the previous entry, 64 zeros for the first entry
// JCS is RFC 8785. Personal data is only in `changes`, which is hashed with its own salt. It can
// therefore be erased later, and the chain still proves the rest.
namespace users::audit {

// Links the entry to `prev_hash` and computes its hashes. The caller has set all other members. The
// salt must be as unpredictable as random bytes, and no other entry may have it.
void Seal(domain::AuditEntry& entry, const domain::Salt& salt, const Sha256Digest& prev_hash);

// Returns whether `changesHash` and `hash` are the hashes of the entry's other members. Does not
// check the entry's place in the chain; see ChainVerifier. Thread-safe.
bool HashesMatch(const domain::AuditEntry& entry);

// Verifies the entries of one user or one subject, oldest first. Needs nothing but the entries.
class ChainVerifier {
 public:
  // Adds the next entry in its JSON form. Returns a description of the first fault found, or
  // nothing.
  std::optional<std::string> Add(const boost::json::object& entry);
  // Does the same with an entry of a store.
  std::optional<std::string> Add(const domain::AuditEntry& entry);

  // Call after the last entry. Returns a description of a fault of the whole chain, or nothing.
  // `head` is the hash of the newest entry as the record of the user or subject holds it, or null if
  // that record is not available. Without it, missing newest entries cannot be detected.
  std::optional<std::string> Finish(const Sha256Digest* head = nullptr) const;

  // The number of entries added.
  std::uint64_t entries() const { return entries_; }

 private:
  std::uint64_t entries_ = 0;
  std::string user_id_;  // empty for a subject
  std::string subject_;  // empty for a user
  std::string last_timestamp_;
  std::string last_hash_ = std::string(64, '0');
  // The first entry without changes that no USER_ERASED has excused yet.
  std::optional<std::uint64_t> first_erased_;
};

}  // namespace users::audit
