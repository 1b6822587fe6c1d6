#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "storage/local/local_store.h"

namespace users::wiring {

// Opens the store of a data directory as this program uses it. An error is kInternal where files of
// the store are damaged or gone; its message is for the operator. `accept_older` opens a store that
// lacks acknowledged changes (LocalStoreOptions::accept_older).
Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log,
                                                              bool accept_older = false);

// Opens an existing store only to read it (LocalStore::OpenForReading).
Result<std::unique_ptr<storage::local::LocalStore>> OpenStoreForReading(
    const std::string& data_directory, const Clock& clock, const Log& log);

// The same, but makes no new store where there is none.
Result<std::unique_ptr<storage::local::LocalStore>> OpenExistingStore(
    const std::string& data_directory, const Clock& clock, const Log& log);

}  // namespace users::wiring
