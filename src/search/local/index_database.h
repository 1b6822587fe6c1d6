#pragma once

#include <rocksdb/db.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/ulid.h"
#include "search/local/index_state.h"
#include "search/terms.h"
#include "search/user_index.h"

namespace users::search::local {

// Where and how an index is stored.
struct IndexDatabaseOptions {
  std::string directory;     // created if absent; holds nothing else
  int max_open_tables = 64;  // files
  // The memory of all caches and of the data that is not yet in files.
  std::size_t cache_bytes = 40 << 20;
  rocksdb::Env* env = nullptr;  // tests inject faults here
};

// A user and its terms; no terms if the user must not be found.
struct UserTerms {
  Ulid user;
  Terms terms;
};

// The search index as a database. It has no write-ahead log: after a kill, it is as it was at an
// earlier moment, which its state names. Errors are kInternal if bytes are wrong or files are gone,
// otherwise kUnavailable; the message is for the operator.
//
// Only one thread may update. Any number of threads may search meanwhile.
class IndexDatabase {
 public:
  // Opens the database, or creates an empty one. A new database, and one that another version made,
  // has no state.
  static Result<std::unique_ptr<IndexDatabase>> Open(const IndexDatabaseOptions& options,
                                                     const Log& log);
  // Makes the updates durable.
  ~IndexDatabase();
  IndexDatabase(const IndexDatabase&) = delete;
  IndexDatabase& operator=(const IndexDatabase&) = delete;

  // Returns the state as of the last update, and as of the last one that is durable.
  const std::optional<IndexState>& state() const { return state_; }

  // Replaces the terms of these users, of which none occurs twice, and the state, in one step.
  Status Update(const std::vector<UserTerms>& users, const IndexState& state);

  // Makes all updates durable.
  Status Flush();

  // Implements UserIndex::Find on the calling thread.
  Result<Candidates> Find(const std::vector<std::string>& words, const std::optional<Ulid>& after,
                          std::size_t limit) const;

 private:
  IndexDatabase() = default;
  rocksdb::Status ReadContent();
  Status Replace(rocksdb::WriteBatch& batch, const UserTerms& user);

  std::unique_ptr<rocksdb::DB> db_;
  // For the thread that updates.
  std::optional<IndexState> state_;
  Ulid greatest_;  // no user after it has terms
};

}  // namespace users::search::local
