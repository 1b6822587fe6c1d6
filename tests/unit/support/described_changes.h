#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/records.h"

// The writes of a change as texts (service/user_records.h).
namespace users::service {

inline constexpr const char* kId = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

// SHA-256 of Ada's address in lower case.
inline constexpr const char* kAda =
    "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72";

inline std::string NameOf(ChangePart part) {
  switch (part) {
    case ChangePart::kIdempotency:
      return "record";
    case ChangePart::kProfile:
      return "profile";
    case ChangePart::kAuditEntry:
      return "entry";
    case ChangePart::kEmailClaim:
      return "claim";
    case ChangePart::kExternalIdClaim:
      return "claim of the external id";
    case ChangePart::kUserNameClaim:
      return "claim of the user name";
    case ChangePart::kOther:
      return "other";
  }
  return "";
}

inline std::string NameOf(const storage::Condition& condition) {
  using Kind = storage::Condition::Kind;
  switch (condition.kind()) {
    case Kind::kNone:
      return "always";
    case Kind::kAbsent:
      return "if absent";
    case Kind::kNumberEquals:
      return "if " + condition.name() + "=" + std::to_string(condition.number());
    case Kind::kStringEquals:
      return "if " + condition.name() + "=" + condition.text();
    case Kind::kAbsentOrNumberAtMost:
      return "if expired";
  }
  return "";
}

inline std::string NameOf(storage::WriteOp::Kind kind) {
  using Kind = storage::WriteOp::Kind;
  return kind == Kind::kPut ? "put" : kind == Kind::kDelete ? "delete" : "check";
}

// Returns "<part>: put|delete|check <partition> <sort> <condition>" for each write, with the id and
// the hash of Ada's address abbreviated.
inline std::vector<std::string> Described(const Change& change) {
  std::vector<std::string> lines;
  EXPECT_EQ(change.writes.size(), change.parts.size());
  for (std::size_t i = 0; i < change.writes.size(); ++i) {
    const storage::WriteOp& op = change.writes[i];
    EXPECT_EQ(op.key().table, storage::Table::kUsers);
    std::string line = NameOf(change.parts[i]) + ": " + NameOf(op.kind()) + " " +
                       op.key().partition + " " + op.key().sort + " " + NameOf(op.condition());
    for (std::size_t at = line.find(kId); at != line.npos; at = line.find(kId)) {
      line.replace(at, 26, "ID");
    }
    if (const std::size_t at = line.find(kAda); at != line.npos) line.replace(at, 64, "ADA");
    lines.push_back(line);
  }
  EXPECT_TRUE(storage::CheckTransaction(change.writes).ok());
  return lines;
}

// Return the writes of a creation and of an update.
inline std::vector<std::string> CreationOf(const UserRecord& created) {
  Change change;
  AddCreation(change, created, testing::UnsealedEntry(1));
  return Described(change);
}

inline std::vector<std::string> UpdateOf(const UserRecord& before, const UserRecord& after) {
  Change change;
  AddUpdate(change, before, after, testing::UnsealedEntry(after.user.version));
  return Described(change);
}

// A user of version 7 without roles.
inline UserRecord Before(domain::UserStatus status = domain::UserStatus::kActive) {
  UserRecord record = testing::StoredUser(7);
  record.user.status = status;
  record.user.roles = {};
  return record;
}

// The next version of the user.
inline UserRecord Next(UserRecord record) {
  ++record.user.version;
  return record;
}

}  // namespace users::service
