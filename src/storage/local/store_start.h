#pragma once

#include <rocksdb/env.h>

#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "storage/local/anchor_file.h"
#include "storage/local/engine_access.h"
#include "storage/local/local_store.h"

namespace users::storage::local {

// A store that has been opened for writing.
struct StartedStore {
  std::unique_ptr<EngineAccess> access;
  std::unique_ptr<AnchorFile> anchor;
  bool had_no_anchor = false;  // format 1: opened by this program for the first time
  bool accepted_older = false;
};

// Opens the store of a directory for writing, or creates a new one if no file of a store exists.
// Before anything is written, the database is opened for reading only and compared with its anchor,
// and its table files with their checksums. Errors are those of LocalStore::Open.
Result<StartedStore> StartStore(const LocalStoreOptions& options, const Clock& clock,
                                const Log& log, DamageRecord& damage);

// Returns the time at which this version took over the store from one that wrote format 1; the end
// of time if no server of this version has opened it yet. Nothing if this version created it, or if
// FORMAT does not have the time.
std::optional<Timestamp> ReadTakenOverAt(rocksdb::Env& env, const std::string& directory);

// Returns whether FORMAT names an earlier format. If FORMAT cannot be read, the content may be of an
// earlier format too.
bool NeedsUpgrade(rocksdb::Env& env, const std::string& directory);

// Writes the newest format to FORMAT and keeps the time of the takeover. Fails with kUnavailable.
Status WriteNewestFormat(rocksdb::Env& env, const std::string& directory);

// Opens the store for reading: returns an engine that accepts no writes. Missing writes are
// reported as damage.
Result<std::unique_ptr<EngineAccess>> StartReading(const LocalStoreOptions& options,
                                                   const Clock& clock, const Log& log,
                                                   DamageRecord& damage);

}  // namespace users::storage::local
