#include "server/role_store.h"

#include "base/json/json.h"
#include "base/sha256.h"
#include "base/text/text.h"

namespace users::server {
namespace {

Result<std::shared_ptr<const LoadedCatalogue>> Parse(const std::string& path,
                                                     std::string_view text) {
  auto roles = domain::RoleCatalogue::Parse(text);
  if (!roles.ok()) return std::move(roles.error());
  auto catalogue = std::make_shared<LoadedCatalogue>();
  catalogue->roles = std::move(*roles);
  catalogue->path = path;
  catalogue->hash = ToHex(Sha256(text));
  return std::shared_ptr<const LoadedCatalogue>(std::move(catalogue));
}

}  // namespace

Result<std::unique_ptr<RoleStore>> RoleStore::Open(const std::string& path, const Log& log) {
  Options options;
  options.name = "catalogue";
  if (!path.empty()) options.paths = {path};
  options.load =
      [path](ConfigurationReader& reader) -> Result<std::shared_ptr<const LoadedCatalogue>> {
    if (path.empty()) return Parse(path, domain::DefaultRoleCatalogue());
    const auto text = reader.Read(path, Secrecy::kPublic);
    if (!text.ok()) return text.error();
    return Parse(path, *text);
  };
  options.describe = [](Log::Line& line, const LoadedCatalogue& catalogue) {
    std::string names;
    json::AppendStringArray(names, catalogue.roles.Names());
    line.Text("path", catalogue.path.empty() ? "(built in)" : catalogue.path)
        .Text("sha256", catalogue.hash)
        .Raw("roles", names);
  };
  std::unique_ptr<RoleStore> store(new RoleStore(std::move(options), log));
  if (auto opened = store->WatchedFiles::Open(); !opened.ok()) return std::move(opened.error());
  return store;
}

}  // namespace users::server
