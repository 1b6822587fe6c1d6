#pragma once

#include <cstddef>

#include "domain/audit_entry.h"

namespace users::service {

// A page of audit entries is at most 1 MB, including its form as JSON.
inline constexpr std::size_t kMaxAuditPageBytes = 1'000'000;

// Returns a bound of the bytes that the entry takes as JSON.
inline std::size_t BytesAsJson(const domain::AuditEntry& entry) {
  constexpr std::size_t kWithoutChanges = 2048;
  return entry.changes.size() + kWithoutChanges;
}

}  // namespace users::service
