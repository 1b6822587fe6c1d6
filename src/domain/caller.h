#pragma once

#include <string>
#include <string_view>

namespace users::domain {

// The principal that makes a request. A signature proves it, never a header.
struct Caller {
  std::string arn;  // the full principal ARN, session name included
  std::string access_key_id;
};

// Returns the owner of the caller's idempotency keys. This is the ARN; for an assumed role it is
// the ARN without the session name, so that a retry from another session of the role is still a
// retry. The result points into `arn`. Thread-safe.
std::string_view IdempotencyOwner(std::string_view arn);

}  // namespace users::domain
