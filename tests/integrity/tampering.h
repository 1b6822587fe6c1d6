#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "domain/audit_entry.h"
#include "integrity/raw_store.h"
#include "integrity/sample_store.h"

namespace users::testing {

// Whom a tampering may harm. Each tampering of a store has victims of its own.
struct Victims {
  const SampleUser& user;     // of Life::kChanged
  const SampleUser& other;    // of Life::kChanged
  const SampleUser& deleted;  // of Life::kDeleted
};

// What a check must say of a tampering.
struct Expected {
  std::vector<std::string> places;  // each is the place of a finding
  int entries = 0;                  // how many audit entries there are more than before
};

struct Tampering {
  std::string name;  // of the item, of what is done to it
  std::function<Expected(RawStore&, const Victims&)> make;
};

using Tamperings = std::vector<Tampering>;

// Every kind of item: changed, dropped, inserted, reordered, truncated.
void AddProfileTamperings(Tamperings& all);
void AddAuditTamperings(Tamperings& all);
void AddIndexTamperings(Tamperings& all);
void AddRecordTamperings(Tamperings& all);
// Their victims have changes that were not delivered.
void AddFeedTamperings(Tamperings& all);

// How a check names a user, an audit entry's item and a record of the change feed.
std::string UserPlace(const std::string& user_id);
std::string EntryPlace(const std::string& user_id, std::uint64_t version);
std::string FeedPlace(std::uint64_t position);

// An id that no user has, different for each user.
std::string UnusedId(const std::string& user_id);

// Where the change feed tells of the user's change.
std::uint64_t PositionOf(RawStore& store, const std::string& user_id, std::uint64_t version);

// Replaces the audit entry by what `edit` makes of it.
void EditEntry(RawStore& store, const std::string& user_id, std::uint64_t version,
               const std::function<void(domain::AuditEntry&)>& edit);
// Computes the hashes of the user's audit entries from `from` to `to` anew. Returns the last one.
Sha256Digest Reseal(RawStore& store, const std::string& user_id, std::uint64_t from,
                    std::uint64_t to);

}  // namespace users::testing
