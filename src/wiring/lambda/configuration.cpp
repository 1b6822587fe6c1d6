#include "wiring/lambda/configuration.h"

#include <filesystem>

#include "base/files.h"
#include "base/text/text.h"
#include "service/user_records.h"

namespace users::wiring {
namespace {

constexpr std::uint32_t kDefaultListShards = 8;
constexpr std::size_t kMaxCatalogueBytes = 8 << 20;

ProgramError AtVariable(std::string_view name, std::string_view message) {
  return ProgramError::Fault(std::string(name) + " " + std::string(message));
}

Result<std::uint32_t, ProgramError> ReadListShards(const aws::Environment& environment) {
  constexpr std::string_view kName = "USER_LIST_SHARDS";
  const auto text = environment(kName);
  if (!text) return kDefaultListShards;
  const auto shards = ParseNumber<std::uint32_t>(*text);
  if (!shards || *shards < 1 || *shards > service::kMaxListShards) {
    return AtVariable(
        kName, "must be a whole number from 1 to " + std::to_string(service::kMaxListShards));
  }
  return *shards;
}

Result<domain::RoleCatalogue, ProgramError> ReadRoles(const aws::Environment& environment) {
  constexpr std::string_view kName = "ROLE_CATALOG_PATH";
  std::string path = environment(kName).value_or("");
  if (path.empty()) {
    std::error_code error;
    path = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "roles.json";
  }
  const auto text = ReadFile(path, kMaxCatalogueBytes);
  if (!text.ok()) return AtVariable(kName, path + ": " + text.error().message);
  auto roles = domain::RoleCatalogue::Parse(*text);
  if (!roles.ok()) return AtVariable(kName, path + ": " + InOneLine(roles.error()));
  return std::move(*roles);
}

}  // namespace

Result<std::string, ProgramError> Required(std::string_view name,
                                           const aws::Environment& environment) {
  auto value = environment(name);
  if (!value) return AtVariable(name, "is missing");
  return std::move(*value);
}

Result<FunctionConfiguration, ProgramError> ReadConfiguration(unsigned needs,
                                                              const aws::Environment& environment) {
  FunctionConfiguration configuration;
  auto users = Required("USERS_TABLE_NAME", environment);
  if (!users.ok()) return std::move(users.error());
  configuration.tables.users = std::move(*users);
  if ((needs & api::kIdempotencyTable) != 0) {
    auto idempotency = Required("IDEMPOTENCY_TABLE_NAME", environment);
    if (!idempotency.ok()) return std::move(idempotency.error());
    configuration.tables.idempotency = std::move(*idempotency);
  }
  if ((needs & api::kListShards) != 0) {
    const auto shards = ReadListShards(environment);
    if (!shards.ok()) return shards.error();
    configuration.list_shards = *shards;
  }
  if ((needs & api::kRoleCatalogue) != 0) {
    auto roles = ReadRoles(environment);
    if (!roles.ok()) return std::move(roles.error());
    configuration.roles = std::move(*roles);
  }
  return configuration;
}

}  // namespace users::wiring
