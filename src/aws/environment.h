#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/url.h"

namespace users::aws {

// Environment variables; an empty one counts as not set. Passed along, so that tests have their
// own.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// The process's own. Thread-safe as long as nobody sets any.
Environment ProcessEnvironment();

// Whether a variable is set to "true", in any letter case.
bool IsTrue(const Environment& environment, std::string_view name);

// AWS_REGION, or else AWS_DEFAULT_REGION.
std::optional<std::string> Region(const Environment& environment);

// Where a service is to be called, in this order: `option` (if not empty), AWS_ENDPOINT_URL_<NAME>,
// AWS_ENDPOINT_URL, AWS's own endpoint in the region. `name` is as in the variable ("DYNAMODB"),
// `host` what the host name begins with ("dynamodb"). AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true
// passes the variables over. An error names the variable; an empty text stands for the option.
struct ServiceName {
  std::string_view name;
  std::string_view host;
};
Result<net::Url> Endpoint(const ServiceName& service, const std::string& option,
                          std::string_view region, const Environment& environment);

// Whether AWS's own endpoint is what Endpoint would find.
bool IsEndpointOverridden(const ServiceName& service, const std::string& option,
                          const Environment& environment);

}  // namespace users::aws
