#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "storage/local/local_store.h"

namespace users::maintenance {

// Returns how many table files a store keeps open in a process that may open `file_limit` files.
std::size_t MaxOpenTables(std::size_t file_limit);

// Opens the store of a data directory with the options of this program. An error is kInternal if
// files of the store are damaged or gone. Its message is for the operator. `accept_older` opens a
// store that lacks acknowledged changes (LocalStoreOptions::accept_older).
Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log,
                                                              bool accept_older = false);

// Opens an existing store for reading only (LocalStore::OpenForReading).
Result<std::unique_ptr<storage::local::LocalStore>> OpenStoreForReading(
    const std::string& data_directory, const Clock& clock, const Log& log);

}  // namespace users::maintenance
