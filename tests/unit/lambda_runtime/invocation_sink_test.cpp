// Log lines of a function (lambda_runtime/invocation_sink.h).
#include "lambda_runtime/invocation_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/files.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

using lambda_runtime::InvocationSink;

class InvocationSinkTest : public ::testing::Test {
 protected:
  ~InvocationSinkTest() override { ::close(file_); }
  std::string Written() const { return *ReadFile(directory_ / "log"); }

  TemporaryDirectory directory_;
  const int file_ = ::open((directory_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  InvocationSink sink_{file_};
};

TEST_F(InvocationSinkTest, AddsNothingBeforeTheFirstInvocation) {
  sink_.Write("{\"event\":\"a\"}\n", LineKind::kEvent);
  EXPECT_EQ(Written(), "{\"event\":\"a\"}\n");
}

TEST_F(InvocationSinkTest, AddsTheInvocationAndWritesImmediately) {
  sink_.Begin("r-1", "1-5759e988-bd862e3fe1be46a994272793");
  sink_.Write("{\"event\":\"a\"}\n", LineKind::kEvent);
  std::string expected =
      "{\"event\":\"a\",\"requestId\":\"r-1\","
      "\"traceId\":\"1-5759e988-bd862e3fe1be46a994272793\"}\n";
  EXPECT_EQ(Written(), expected);
  sink_.Begin("r-\"2", "");
  sink_.Write("{\"event\":\"b\"}\n", LineKind::kEvent);
  expected += "{\"event\":\"b\",\"requestId\":\"r-\\\"2\"}\n";
  EXPECT_EQ(Written(), expected);
  sink_.End();
  sink_.Write("{\"event\":\"c\"}\n", LineKind::kEvent);
  EXPECT_EQ(Written(), expected + "{\"event\":\"c\"}\n");
}

TEST(InvocationSink, IgnoresAClosedDescriptor) {
  InvocationSink sink(-1);
  sink.Begin("r", "");
  sink.Write("{\"event\":\"a\"}\n", LineKind::kEvent);
}

}  // namespace
}  // namespace users::testing
