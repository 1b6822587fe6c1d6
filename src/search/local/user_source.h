#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/ulid.h"
#include "search/local/index_database.h"
#include "search/local/index_state.h"
#include "storage/change_feed.h"
#include "storage/table_store.h"

namespace users::search::local {

// Reads what the index needs from the store. Calls block. For one thread. Errors are those of the
// store.
class UserSource {
 public:
  // Both must outlive this. `list_shards` is the number of list shards of the store.
  UserSource(storage::TableStore& store, std::uint32_t list_shards, const Log& log)
      : store_(store), list_shards_(list_shards), log_(log) {}

  // Some users of the store, in the order of their ids.
  struct Part {
    std::vector<UserTerms> users;
    bool more = false;
  };
  // Returns the users with ids greater than `after`, up to `limit`.
  Result<Part> ReadAfter(const Ulid& after, std::size_t limit);

  // Returns the terms that these users have now. A user that does not exist has none.
  Result<std::vector<UserTerms>> Read(const std::set<Ulid>& users);

  // Returns the change that a record of the feed is about, or nothing if it cannot be read.
  static std::optional<KnownChange> ChangeOf(const storage::FeedRecord& record);

  // Returns whether the store has the change.
  Result<bool> Has(const KnownChange& change);

 private:
  Terms TermsIn(const storage::Item& item);

  storage::TableStore& store_;
  const std::uint32_t list_shards_;
  const Log& log_;
};

// Returns the user that a record of the feed is about, or nothing if it is about no user.
std::optional<Ulid> ChangedUser(const storage::FeedRecord& record);

}  // namespace users::search::local
