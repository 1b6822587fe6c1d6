#include "wiring/backend.h"

namespace users::wiring {

Result<std::unique_ptr<Backend>> OpenBackend(const ServeOptions& options, const Clock& clock,
                                             const Log& log) {
  return options.store == StoreKind::kDynamoDb ? OpenDynamoDbBackend(options, clock, log)
                                               : OpenLocalBackend(options, clock, log);
}

Error AtOption(std::string_view option, std::string_view value, const Error& error) {
  return Error::Unavailable(std::string(option) + " " + std::string(value) + ": " +
                            InOneLine(error));
}

}  // namespace users::wiring
