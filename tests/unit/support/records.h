#pragma once

#include "service/user_records.h"
#include "support/audit_entries.h"

namespace users::testing {

// Returns a stored user of this version.
inline service::UserRecord StoredUser(std::uint64_t version = 1) {
  service::UserRecord record;
  record.user.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAW";
  record.user.email = "Ada@Example.com";
  record.user.name = "Ada L\xC3\xB6velace";
  record.user.roles = {"admin", "viewer"};
  record.user.metadata = {{"colour", "red \"dark\"\\"}, {"team", ""}};
  record.user.version = version;
  record.user.created_at = kMorning;
  record.user.updated_at = kMorning + std::chrono::milliseconds(version);
  record.head_hash = Sha256("head");
  record.shard = 3;
  return record;
}

}  // namespace users::testing
