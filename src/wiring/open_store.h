#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "storage/local/local_store.h"

namespace users::wiring {

// Opens the store of a data directory as this program uses it.
Result<std::unique_ptr<storage::local::LocalStore>> OpenStore(const std::string& data_directory,
                                                              const Clock& clock, const Log& log);

}  // namespace users::wiring
