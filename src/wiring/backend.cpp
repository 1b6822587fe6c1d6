#include "wiring/backend.h"

#include "server/front_door.h"

namespace users::wiring {

audit::EventOrigin OriginOf(const ServeOptions& options) {
  return audit::EventOrigin{std::string(server::ArnPart(options.api_arn, 4)),
                            std::string(server::ArnPart(options.api_arn, 3))};
}

Result<std::unique_ptr<Backend>, ProgramError> OpenBackend(const ServeOptions& options,
                                                           const Clock& clock, const Log& log) {
  return options.store == StoreKind::kDynamoDb ? OpenDynamoDbBackend(options, clock, log)
                                               : OpenLocalBackend(options, clock, log);
}

}  // namespace users::wiring
