#include "wiring/backend.h"

namespace users::wiring {

Result<std::unique_ptr<Backend>, ProgramError> OpenBackend(const ServeOptions& options,
                                                           const Clock& clock, const Log& log) {
  return options.store == StoreKind::kDynamoDb ? OpenDynamoDbBackend(options, clock, log)
                                               : OpenLocalBackend(options, clock, log);
}

}  // namespace users::wiring
