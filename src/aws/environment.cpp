#include "aws/environment.h"

#include <algorithm>
#include <cstdlib>

#include "base/text/text.h"

namespace users::aws {
namespace {

struct Override {
  std::string origin;  // the variable's name, or empty for the option
  std::string url;
};

std::optional<Override> FindOverride(const ServiceName& service, const std::string& option,
                                     const Environment& environment) {
  if (!option.empty()) return Override{"", option};
  if (IsTrue(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")) return std::nullopt;
  for (const std::string& name :
       {"AWS_ENDPOINT_URL_" + std::string(service.name), std::string("AWS_ENDPOINT_URL")}) {
    if (auto url = environment(name)) return Override{name, std::move(*url)};
  }
  return std::nullopt;
}

// A region becomes part of a host name, so its characters are limited.
bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

bool IsTrue(const Environment& environment, std::string_view name) {
  const auto value = environment(name);
  return value && EqualIgnoringAsciiCase(*value, "true");
}

std::optional<std::string> Region(const Environment& environment) {
  auto region = environment("AWS_REGION");
  return region ? region : environment("AWS_DEFAULT_REGION");
}

Result<net::Url> Endpoint(const ServiceName& service, const std::string& option,
                          std::string_view region, const Environment& environment) {
  if (const auto found = FindOverride(service, option, environment)) {
    auto url = net::ParseUrl(found->url);
    if (!url.ok() && !found->origin.empty()) {
      url.error().message = found->origin + " " + url.error().message;
    }
    return url;
  }
  if (!IsRegion(region)) {
    return Error::Of(ErrorCode::kValidation, "AWS_REGION must name a region, such as eu-central-1");
  }
  const std::string_view domain =
      region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com";
  return net::ParseUrl("https://" + std::string(service.host) + "." + std::string(region) +
                       std::string(domain));
}

bool IsEndpointOverridden(const ServiceName& service, const std::string& option,
                          const Environment& environment) {
  return FindOverride(service, option, environment).has_value();
}

}  // namespace users::aws
