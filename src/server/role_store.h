#pragma once

#include <memory>
#include <string>

#include "domain/role_catalogue.h"
#include "server/watched_files.h"

namespace users::server {

// A catalogue and its source.
struct LoadedCatalogue {
  domain::RoleCatalogue roles;
  std::string path;  // empty: the built-in catalogue
  std::string hash;  // SHA-256 of the text, in hex
};

// The role catalogue in force. The log events are `catalogue_loaded`, with the path, the hash and
// the names of the roles, and `catalogue_rejected`.
class RoleStore final : public WatchedFiles<LoadedCatalogue> {
 public:
  // Reads the file, or uses the built-in catalogue if the path is empty. Call Watch to follow the
  // file. Errors: kUnavailable if the file cannot be read, kValidation with the places of faults.
  static Result<std::unique_ptr<RoleStore>> Open(const std::string& path, const Log& log);

 private:
  using WatchedFiles::WatchedFiles;
};

}  // namespace users::server
