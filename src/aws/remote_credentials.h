#pragma once

#include <memory>
#include <string_view>

#include "aws/credentials.h"

namespace users::aws {

// Returns a source for the credentials endpoint of a container (ECS, EKS). Plain HTTP is accepted
// only for this machine and the addresses that AWS uses. Fails with kUnavailable, with a message
// that names the variable.
Result<std::unique_ptr<CredentialsSource>> MakeContainerSource(const Environment& environment);

// Returns a source for the role of an EC2 instance, from its metadata service, version 2. Fails
// with kUnavailable, with a message that names the variable.
Result<std::unique_ptr<CredentialsSource>> MakeInstanceSource(const Environment& environment);

// Parses {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}, with or without "Code". Fails
// with kUnavailable.
Result<TimedCredentials> ParseRemoteCredentials(std::string_view json);

}  // namespace users::aws
