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

struct StartedStore {
  std::unique_ptr<EngineAccess> access;
  std::unique_ptr<AnchorFile> anchor;
  bool had_no_anchor = false;  // format 1: opened by this program for the first time
  bool accepted_older = false;
};

// Opens the store of a directory for writing, or makes a new one where there is nothing of one.
// Before anything is written, the database is opened only for reading and compared with its anchor,
// and its table files with their checksums. Errors as of LocalStore::Open.
Result<StartedStore> StartStore(const LocalStoreOptions& options, const Clock& clock,
                                const Log& log, DamageRecord& damage);

// When this version took the store over from one that wrote format 1; the end of time if no server
// of this version has opened it yet. Nothing if this version made it, or if FORMAT does not say.
std::optional<Timestamp> ReadTakenOverAt(rocksdb::Env& env, const std::string& directory);

// The same for reading: an engine that takes no writes. What is missing is reported as damage.
Result<std::unique_ptr<EngineAccess>> StartReading(const LocalStoreOptions& options,
                                                   const Clock& clock, const Log& log,
                                                   DamageRecord& damage);

}  // namespace users::storage::local
