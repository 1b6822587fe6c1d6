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

// Damage to the files of a database.
struct FoundDamage {
  std::string file;  // its path in the data directory
  std::string reason;
  std::string text() const { return file + ": " + reason; }
};

// A database that was opened for reading only, and the result of checking it.
struct Inspection {
  std::unique_ptr<Engine> engine;     // null if it cannot be opened
  std::uint64_t position = 0;         // of the change feed
  std::optional<FoundDamage> damage;  // set if the store lacks anything that the anchor promises
};

// Opens the database for reading only and compares it with its anchor. Changes nothing. An error
// means that the files cannot be read now, which may be temporary. Damage is in the result.
Result<Inspection> InspectDatabase(const LocalStoreOptions& options,
                                   const std::optional<Anchor>& anchor, const Clock& clock,
                                   const Log& log, DamageRecord& damage);

// Reads all table files and compares them with the checksums in the MANIFEST. Logs its progress
// every few seconds. Damage is in the result. An error means that the tables could not be checked.
Result<std::optional<FoundDamage>> VerifyTables(Engine& engine, rocksdb::Env& env, const Log& log);

// The position of the newest record that the feed ever had.
Result<std::uint64_t> NewestPosition(Engine& engine);

// Sets the number and the size of the MANIFEST of a database that no process writes to.
Status AddManifest(rocksdb::Env& env, const std::string& database, Anchor& anchor);

// Returns the anchor for the state of an open database. `before` is the previous anchor.
Result<Anchor> AnchorOf(Engine& engine, const Anchor& before);

}  // namespace users::storage::local
