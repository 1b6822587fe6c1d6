#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "service/user_service.h"

namespace users::bench {

// Returns person N of a run. The same run and number give the same person. Different ones give
// different persons. The email address contains the run, so that several runs can use one store.
// Thread-safe, like all functions of this file.
service::NewUser PersonAt(std::string_view run, std::uint64_t number);

// Returns the idempotency key of the registration of person N.
std::string IdempotencyKeyAt(std::string_view run, std::uint64_t number);

// Returns the body of the request that registers person N.
std::string RegistrationBody(std::string_view run, std::uint64_t number);

}  // namespace users::bench
