#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "service/user_service.h"

namespace users::bench {

// Person N of a run: the same for the same `run` and number, other than all others. The name is the
// run's, so that runs on one store do not meet.
service::NewUser PersonAt(std::string_view run, std::uint64_t number);

// The idempotency key of the registration of person N.
std::string IdempotencyKeyAt(std::string_view run, std::uint64_t number);

// The body of the request that registers person N.
std::string RegistrationBody(std::string_view run, std::uint64_t number);

}  // namespace users::bench
