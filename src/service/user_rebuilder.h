#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/chain.h"
#include "domain/audit_entry.h"
#include "domain/user.h"

namespace users::service {

// Rebuilds a user from its audit entries, oldest first, and verifies their chain. Not thread-safe.
class UserRebuilder {
 public:
  // Adds the next entry. Returns a description of the first fault found, or nothing.
  std::optional<std::string> Add(const domain::AuditEntry& entry);

  // Call after the last entry. Returns a description of a fault of the whole chain, or nothing.
  // `head` is the hash of the newest entry as the user record has it.
  std::optional<std::string> Finish(const Sha256Digest& head) const;

  // The number of entries added.
  std::uint64_t entries() const { return verifier_.entries(); }
  // The user after the newest of them.
  const domain::User& user() const { return user_; }

 private:
  audit::ChainVerifier verifier_;
  domain::User user_;
};

}  // namespace users::service
