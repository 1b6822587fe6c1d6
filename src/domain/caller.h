#pragma once

#include <string>
#include <string_view>

namespace users::domain {

// Who makes a request: proved by a signature, never by a header.
struct Caller {
  std::string arn;  // the full principal ARN, session name included
  std::string access_key_id;
};

// Whom an idempotency key belongs to: the ARN, for an assumed role without the session name, so
// that a retry from another session of the role is still a retry.
std::string_view IdempotencyOwner(std::string_view arn);

}  // namespace users::domain
