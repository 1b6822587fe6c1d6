#pragma once

#include <cstdint>
#include <string>

#include "aws/sigv4.h"

namespace users::bench {

// Principal N: the same in every program, so that the principals file needs no reading.
std::string PrincipalArn(std::uint64_t number);
aws::Credentials CredentialsOf(std::uint64_t number);

// The principals file of the first `count`. Each has ten statements; the one that allows stands
// last, and the refusals before it match nothing that is sent, so that all ten are looked at.
std::string PrincipalsFile(std::uint64_t count);

}  // namespace users::bench
