#pragma once

#include <cstddef>

namespace users {

// Returns how many files this process may have open at once. Thread-safe.
std::size_t FileLimit();

// Raises that limit as far as the system allows. If this is not possible, the limit remains as it is.
void RaiseFileLimit();

}  // namespace users
