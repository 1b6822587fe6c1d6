#pragma once

#include <memory>
#include <string>

#include "domain/role_catalogue.h"
#include "server/watched_files.h"

namespace users::server {

struct LoadedCatalogue {
  domain::RoleCatalogue roles;
  std::string path;  // empty: the catalogue that ships
  std::string hash;  // SHA-256 of the text, in hex
};

// The role catalogue in force. The log events are `catalogue_loaded`, with the path, the hash and
// the names of the roles, and `catalogue_rejected`.
class RoleStore final : public WatchedFiles<LoadedCatalogue> {
 public:
  // Reads the file, or takes the catalogue that ships if the path is empty. Call Watch to follow
  // it. The error is that of the file: kUnavailable, or kValidation with the places in it.
  static Result<std::unique_ptr<RoleStore>> Open(const std::string& path, const Log& log);

 private:
  using WatchedFiles::WatchedFiles;
};

}  // namespace users::server
