#include "maintenance/data_directory.h"

#include <filesystem>

#include "base/files.h"
#include "base/trusted_files.h"

namespace users::maintenance {
namespace {

constexpr std::string_view kDatabase = "db";

Error AtEntry(const std::string& name, const Error& error) {
  return Error::Unavailable("the file " + name + ": " + error.message);
}

// The engine opens its files by name. In a directory that only we may write to, nobody can replace
// them after this check.
Status CheckDatabase(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Done{};
  const auto database = OpenTrustedDirectory(path);
  if (!database.ok()) return AtEntry(std::string(kDatabase), database.error());
  for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    auto checked = CheckTrustedEntry(*database, name);
    if (!checked.ok()) return AtEntry(std::string(kDatabase) + "/" + name, checked.error());
  }
  if (error) return AtEntry(std::string(kDatabase), Error::Unavailable(error.message()));
  return Done{};
}

}  // namespace

Status CheckDataDirectory(const std::string& directory) {
  if (auto made = MakePrivateDirectory(directory); !made.ok()) {
    return Error::Unavailable("cannot be written (" + made.error().message + ")");
  }
  const auto opened = OpenTrustedDirectory(directory);
  if (!opened.ok()) return opened.error();
  for (const char* name : {"FORMAT", "ANCHOR", "audit-events.jsonl"}) {
    auto checked = CheckTrustedEntry(*opened, name);
    if (!checked.ok()) return AtEntry(name, checked.error());
  }
  return CheckDatabase(directory + "/" + std::string(kDatabase));
}

void WarnOfReadableSecrets(const std::string& directory, const Log& log) {
  for (const char* name : {"credentials", "curlrc"}) {
    const std::string path = directory + "/" + name;
    if (OthersCanRead(path)) log.Warning("file_readable_by_others").Text("path", path);
  }
}

}  // namespace users::maintenance
