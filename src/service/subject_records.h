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

// The items of the history of a subject (domain/subject_state.h). Only servers write them; the
// functions on AWS publish the entries and read nothing else of them. All functions are thread-safe.
//
//   SUBJECT#<name>  HEAD       the newest version, its entry's hash and the hash of its state
//   AUDIT#<name>    <version>  audit entry N, as for a user
namespace users::service {

// The newest version of a subject.
struct SubjectHead {
  std::string subject;
  std::uint64_t version = 0;
  Timestamp updated_at;       // of its newest entry
  Sha256Digest head_hash{};   // of its newest entry
  Sha256Digest state_hash{};  // of its state after that entry
};

// The key of the head of a subject.
storage::Key SubjectHeadKey(std::string_view subject);
// Returns whether the partition has the head of a subject.
bool IsSubjectPartition(std::string_view partition);
// Returns the name of an audit chain for messages: "user 01J..." or "subject catalogue".
std::string DescribeChain(std::string_view chain);

// Encode and decode a head as stored. Decoding fails with kInternal if the item is broken, and with
// kUnavailable if its format is newer than this program.
storage::Item EncodeSubjectHead(const SubjectHead& head);
Result<SubjectHead> DecodeSubjectHead(const storage::Item& item);

// Returns the writes that append an entry and replace the head `before`; none for the first entry.
// They fail if another server has appended an entry since.
storage::Transaction AppendEntry(const std::optional<SubjectHead>& before, const SubjectHead& after,
                                 const domain::AuditEntry& entry);

}  // namespace users::service
