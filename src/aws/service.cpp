#include "aws/service.h"

#include "aws/credentials.h"
#include "aws/roots.h"

namespace users::aws {
namespace {

constexpr std::string_view kRegionOfLocalEngines = "us-east-1";

}  // namespace

Result<std::unique_ptr<Service>> Service::Open(ServiceOptions options,
                                               const Environment& environment, const Clock& clock,
                                               const Log& log) {
  const bool overridden = IsEndpointOverridden(options.name, options.endpoint, environment);
  options.protocol.region =
      Region(environment).value_or(overridden ? std::string(kRegionOfLocalEngines) : "");
  auto url = Endpoint(options.name, options.endpoint, options.protocol.region, environment);
  if (!url.ok()) return std::move(url.error());
  auto source = MakeDefaultSource(environment);
  if (!source.ok()) return std::move(source.error());
  options.http.ca_file =
      options.ca_file.empty() ? environment("AWS_CA_BUNDLE").value_or("") : options.ca_file;
  if (!overridden) options.http.ca_pem = RootCertificates();
  return std::unique_ptr<Service>(new Service(!overridden, std::move(*url), std::move(options.http),
                                              std::move(options.protocol), std::move(*source),
                                              clock, log));
}

}  // namespace users::aws
