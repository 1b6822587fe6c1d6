#pragma once

#include <memory>
#include <string_view>

#include "aws/credentials.h"

namespace users::aws {

// Credentials from the endpoint of a container (ECS, EKS). In the clear only from this machine or
// the addresses that AWS uses; an error names the variable that says otherwise.
Result<std::unique_ptr<CredentialsSource>> MakeContainerSource(const Environment& environment);

// Credentials of an EC2 instance's role, from its metadata service, version 2.
Result<std::unique_ptr<CredentialsSource>> MakeInstanceSource(const Environment& environment);

// Reads {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}, with or without "Code".
Result<TimedCredentials> ParseRemoteCredentials(std::string_view json);

}  // namespace users::aws
