#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace users::bench {

// One put of a registration, with key and value as they go to RocksDB.
struct RawPut {
  bool in_users_table = true;  // else the idempotency table
  bool is_told = false;        // has a record in the change feed
  bool has_condition = false;
  std::string key;
  std::string value;
};
using RawRegistration = std::vector<RawPut>;

// What the service would write for so many registrations: the service itself makes them, over a
// store that only takes note.
std::vector<RawRegistration> MakeRegistrations(std::uint64_t count);

}  // namespace users::bench
