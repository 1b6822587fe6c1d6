#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/task.h"
#include "domain/role_catalogue.h"
#include "service/user_service.h"
#include "wiring/background_task.h"

// What the log says about the role catalogue, for an operator who has forgotten --roles.
namespace users::wiring {

// One line, catalogue_loaded: where the catalogue comes from ("(built in)" if `path` is empty), the
// SHA-256 of its text, and the names of its roles.
void LogCatalogue(const Log& log, std::string_view path, std::string_view text,
                  const domain::RoleCatalogue& roles);

// Searches for users who hold roles that the catalogue lacks, on a thread of its own. It reads all
// users that are not deleted, a page at a time with pauses between them. If it finds some, it writes
// one warning, unknown_roles_held, with the names of the roles (the first 20) and the number of
// users. Lives like a BackgroundTask. Thread-safe.
class RoleSearch {
 public:
  explicit RoleSearch(const Log& log) : log_(log) {}

  // Begins a search, for a catalogue that has come into force. An earlier search ends.
  // `users` outlives the search, or Stop is called before.
  void Start(service::UserService& users, std::vector<std::string> known_roles);
  void Stop() { task_.Stop(); }

 private:
  Task<void> Run(service::UserService& users, std::set<std::string> known_roles,
                 std::uint64_t search);

  const Log& log_;
  std::atomic<std::uint64_t> newest_search_{0};
  BackgroundTask task_;
};

}  // namespace users::wiring
