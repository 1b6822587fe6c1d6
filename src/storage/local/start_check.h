#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "storage/local/anchor.h"
#include "storage/local/engine.h"
#include "storage/local/local_store.h"

namespace users::storage::local {

// What is wrong with the files of a database.
struct FoundDamage {
  std::string file;  // its path in the data directory
  std::string reason;
  std::string text() const { return file + ": " + reason; }
};

// A database that was opened only for reading, and what a look at it has found.
struct LookedAt {
  std::unique_ptr<Engine> engine;     // null where it cannot be opened
  std::uint64_t position = 0;         // of the change feed
  std::optional<FoundDamage> damage;  // what the anchor promises is not there
};

// Opens the database only for reading and compares it with its anchor. Changes nothing. An error
// means that the files cannot be read now, which may pass; damage is in the result.
Result<LookedAt> LookAtDatabase(const LocalStoreOptions& options,
                                const std::optional<Anchor>& anchor, const Clock& clock,
                                const Log& log, DamageRecord& damage);

// Reads all table files and compares them with the checksums that the MANIFEST has. Logs its
// progress every few seconds. Damage is the result's; an error means that it could not be done.
Result<std::optional<FoundDamage>> VerifyTables(Engine& engine, rocksdb::Env& env, const Log& log);

// The position of the newest record that the feed ever had.
Result<std::uint64_t> NewestPosition(Engine& engine);

// Takes the number and the size of the MANIFEST of a database that nobody writes to.
Status AddManifest(rocksdb::Env& env, const std::string& database, Anchor& anchor);

// The state of an open database, for its anchor. `before` is the anchor so far.
Result<Anchor> AnchorOf(Engine& engine, const Anchor& before);

}  // namespace users::storage::local
