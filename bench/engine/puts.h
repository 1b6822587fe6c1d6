#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace users::bench {

// One put of a registration, with the key and the value that RocksDB gets.
struct RawPut {
  bool in_users_table = true;  // otherwise the idempotency table
  bool is_told = false;        // the change feed records it
  bool has_condition = false;
  std::string key;
  std::string value;
};
using RawRegistration = std::vector<RawPut>;

// Returns what the service writes for `count` registrations. The service itself creates them, with
// a store that only records.
std::vector<RawRegistration> MakeRegistrations(std::uint64_t count);

}  // namespace users::bench
