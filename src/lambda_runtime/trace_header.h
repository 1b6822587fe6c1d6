#pragma once

#include <string>
#include <string_view>

namespace users::lambda_runtime {

// AWS X-Ray's tracing header (docs.aws.amazon.com, "Tracing header"):
// "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1". Parts that are
// missing or malformed are empty.
struct TraceHeader {
  std::string root;
  std::string parent;
  bool sampled = false;
};
// Parses a header. Thread-safe.
TraceHeader ParseTraceHeader(std::string_view text);

}  // namespace users::lambda_runtime
