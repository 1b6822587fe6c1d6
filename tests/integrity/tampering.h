#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "domain/audit_entry.h"
#include "integrity/raw_store.h"
#include "integrity/sample_store.h"

namespace users::testing {

// The users that a tampering may damage. Each tampering of a store has its own victims.
struct Victims {
  const SampleUser& user;     // of Life::kChanged
  const SampleUser& other;    // of Life::kChanged
  const SampleUser& deleted;  // of Life::kDeleted
};

// The expected result of a check after a tampering.
struct Expected {
  std::vector<std::string> places;  // each is the place of a finding
  int entries = 0;                  // the number of added audit entries
};

// One way to tamper with a store.
struct Tampering {
  std::string name;  // the item and what is done to it
  std::function<Expected(RawStore&, const Victims&)> make;
};

using Tamperings = std::vector<Tampering>;

// Append the tamperings with each kind of item: changed, dropped, inserted, reordered, truncated.
void AddProfileTamperings(Tamperings& all);
void AddAuditTamperings(Tamperings& all);
void AddIndexTamperings(Tamperings& all);
void AddRecordTamperings(Tamperings& all);
// Requires victims with undelivered changes.
void AddFeedTamperings(Tamperings& all);

// The places that a check reports for a user, an audit entry's item and a record of the change
// feed.
std::string UserPlace(const std::string& user_id);
std::string EntryPlace(const std::string& user_id, std::uint64_t version);
std::string FeedPlace(std::uint64_t position);

// An unused user id, different for each `user_id`.
std::string UnusedId(const std::string& user_id);

// The position of the user's change in the change feed. A missing record fails the test and returns
// 0.
std::uint64_t PositionOf(RawStore& store, const std::string& user_id, std::uint64_t version);

// Changes the audit entry with `edit`.
void EditEntry(RawStore& store, const std::string& user_id, std::uint64_t version,
               const std::function<void(domain::AuditEntry&)>& edit);
// Recomputes the hashes of the user's audit entries from version `from` to `to`. Returns the last
// hash.
Sha256Digest Reseal(RawStore& store, const std::string& user_id, std::uint64_t from,
                    std::uint64_t to);

}  // namespace users::testing
