#pragma once

#include <cstdint>
#include <string>

#include "aws/sigv4.h"

namespace users::bench {

// Principal N. It is the same in every program, so that no program needs to read the principals
// file. Thread-safe, like all functions of this file.
std::string PrincipalArn(std::uint64_t number);
aws::Credentials CredentialsOf(std::uint64_t number);

// Returns the principals file of the first `count` principals. Each has ten statements. The one
// that allows is last, and the denials before it match no request, so that all ten are evaluated.
std::string PrincipalsFile(std::uint64_t count);

}  // namespace users::bench
