// X-Ray's header (lambda_runtime/trace_header.h).
#include "lambda_runtime/trace_header.h"

#include <gtest/gtest.h>

namespace users::testing {
namespace {

using lambda_runtime::ParseTraceHeader;
using lambda_runtime::TraceHeader;

constexpr std::string_view kRoot = "1-5759e988-bd862e3fe1be46a994272793";
constexpr std::string_view kParent = "53995c3f42cd8ad8";
const std::string kIds = "Root=" + std::string(kRoot) + ";Parent=" + std::string(kParent);

TEST(TraceHeader, IsParsedPartByPart) {
  struct Case {
    std::string text;
    bool has_root, has_parent, sampled;
  };
  const std::string root = "Root=" + std::string(kRoot);
  const std::string parent = "Parent=" + std::string(kParent);
  const Case cases[] = {
      {kIds + ";Sampled=1", true, true, true},
      {kIds + ";Sampled=1;Lineage=a87bd80c:1|68fd508a:5", true, true, true},
      {" " + parent + " ; Sampled=1 ; " + root + " ", true, true, true},
      {kIds + ";Sampled=0", true, true, false},
      {kIds + ";Sampled=?", true, true, false},
      {kIds, true, true, false},
      {root + ";Sampled=1", true, false, false},
      {parent + ";Sampled=1", false, true, false},
      {root + "0;" + parent + "0;Sampled=1", false, false, false},
      {"Root=1-5759e988-bd862e3fe1be46a99427279\";Parent=53995c3f42cd8ad\n;Sampled=1", false, false,
       false},
      {"root=x;;=;Parent;Sampled", false, false, false},
      {"", false, false, false},
  };
  for (const Case& tested : cases) {
    const TraceHeader header = ParseTraceHeader(tested.text);
    EXPECT_EQ(header.root, tested.has_root ? kRoot : "") << tested.text;
    EXPECT_EQ(header.parent, tested.has_parent ? kParent : "") << tested.text;
    EXPECT_EQ(header.sampled, tested.sampled) << tested.text;
  }
}

}  // namespace
}  // namespace users::testing
