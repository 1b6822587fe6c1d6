#pragma once

#include "audit/chain.h"
#include "base/random.h"

namespace users::testing {

// Links the entry to `prev_hash` and computes its hashes, with a random salt.
inline void SealWithRandomSalt(domain::AuditEntry& entry, const Sha256Digest& prev_hash) {
  audit::Seal(entry, RandomBytes<16>(), prev_hash);
}

}  // namespace users::testing
