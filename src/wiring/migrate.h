#pragma once

#include "base/program_error.h"
#include "service/item_upgrade.h"
#include "wiring/serve_options.h"

namespace users::wiring {

// Gives the users in the tables of DynamoDB that the options name the items of this version. `show`
// is called once for each part of the table that was read; if it returns false, the work ends. The
// work may be started again at any time. Fails with kExitCannotRun; the message names the option.
Result<service::UpgradeProgress, ProgramError> Migrate(const ServeOptions& options,
                                                       service::ItemUpgrade::ShowProgress show);

}  // namespace users::wiring
