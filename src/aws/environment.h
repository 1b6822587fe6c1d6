#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/url.h"

namespace users::aws {

// Reads an environment variable. An empty variable counts as not set. It is passed as an argument
// so that tests can use their own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// Returns the environment of the process. Thread-safe as long as nothing changes the environment.
Environment ProcessEnvironment();

// Returns whether a variable is "true", in any letter case.
bool IsTrue(const Environment& environment, std::string_view name);

// Returns AWS_REGION, or else AWS_DEFAULT_REGION.
std::optional<std::string> Region(const Environment& environment);

// The two names of a service: `name` as in its variable ("DYNAMODB"), and `host`, the start of its
// host name ("dynamodb").
struct ServiceName {
  std::string_view name;
  std::string_view host;
};
// Returns the endpoint of a service. The first that is set is used: `option` (if not empty),
// AWS_ENDPOINT_URL_<NAME>, AWS_ENDPOINT_URL, and AWS's own endpoint in the region.
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true skips the variables. Fails with kValidation; the message
// begins with the name of the variable, except for `option`.
Result<net::Url> Endpoint(const ServiceName& service, const std::string& option,
                          std::string_view region, const Environment& environment);

// Returns whether Endpoint would return something other than AWS's own endpoint.
bool IsEndpointOverridden(const ServiceName& service, const std::string& option,
                          const Environment& environment);

}  // namespace users::aws
