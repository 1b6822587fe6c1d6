#include "server/principal_store.h"

namespace users::server {

Result<std::unique_ptr<PrincipalStore>> PrincipalStore::Open(const std::string& path,
                                                             const Log& log) {
  Options options;
  options.name = "principals";
  options.paths = {path};
  options.load = [path](ConfigurationReader& reader) -> Result<std::shared_ptr<const Principals>> {
    const auto text = reader.Read(path, Secrecy::kSecret);
    if (!text.ok()) return text.error();
    return Principals::Parse(*text);
  };
  options.describe = [](Log::Line& line, const Principals& principals) {
    line.Number("principals", static_cast<std::int64_t>(principals.size()));
  };
  std::unique_ptr<PrincipalStore> store(new PrincipalStore(std::move(options), log));
  if (auto opened = store->WatchedFiles::Open(); !opened.ok()) {
    return Error::Unavailable(InOneLine(opened.error()));
  }
  store->Watch();
  return store;
}

}  // namespace users::server
