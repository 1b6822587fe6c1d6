// The loop around any handler (lambda_runtime/loop.h). tests/lambda tests it in the real functions.
#include "lambda_runtime/loop.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <stdexcept>

#include "support/fake_runtime_api.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using lambda_runtime::Handler;
using lambda_runtime::Invocation;
using lambda_runtime::InvocationSink;
using lambda_runtime::RuntimeApi;

const std::string kRoot = "1-5759e988-bd862e3fe1be46a994272793";

class LoopTest : public ::testing::Test {
 protected:
  // Serves until all offered events are handled.
  Status Serve(const Handler& handler) {
    runtime_.RespondToNext(500);
    RuntimeApi client(*RuntimeApi::ParseAddress(runtime_.address()), clock_);
    const lambda_runtime::Replacement replace = [] { return std::string("{}"); };
    return RunTask(lambda_runtime::ServeInvocations(client, handler, replace, lines_, log_));
  }
  void ExpectFailure(const FunctionReport& report, const std::string& message) {
    EXPECT_EQ(report.kind, "error");
    const auto body = boost::json::parse(report.body);
    EXPECT_EQ(body.at("errorMessage").as_string(), message);
    EXPECT_EQ(body.at("errorType"), "Function.Failed");
    EXPECT_NE(report.head.find("Lambda-Runtime-Function-Error-Type: Function.Failed\r\n"),
              std::string::npos)
        << report.head;
  }

  FakeRuntimeApi runtime_;
  SystemClock clock_;
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kInfo};
  InvocationSink lines_{-1};
};

TEST_F(LoopTest, HandlesEventsInTurnWithTheirLambdaHeaders) {
  std::vector<std::string> offered;
  std::vector<std::string> seen;
  for (const char* body : {"{\"n\":1}", "\"\xC3\xA4\"", "null"}) {
    FakeEvent event(body);
    event.trace_header = "Root=" + kRoot;
    offered.push_back(runtime_.Offer(event) + " " + kRoot + " " + body);
  }
  const Status ended = Serve([&](const Invocation& invocation) -> Task<Result<std::string>> {
    seen.push_back(invocation.request_id + " " + invocation.trace.root + " " + invocation.event);
    EXPECT_FALSE(HasPassed(invocation.deadline));
    EXPECT_LE(invocation.deadline, DeadlineIn(std::chrono::seconds(60)));
    co_return invocation.event;
  });
  EXPECT_FALSE(ended.ok());
  EXPECT_EQ(seen, offered);
  const auto reports = runtime_.reports();
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[1].kind, "response");
  EXPECT_EQ(reports[1].body, "\"\xC3\xA4\"");
}

TEST_F(LoopTest, ReportsFailuresAndContinues) {
  for (int i = 0; i < 4; ++i) runtime_.Offer(FakeEvent());
  int call = 0;
  const Status ended = Serve([&](const Invocation&) -> Task<Result<std::string>> {
    switch (call++) {
      case 0:
        co_return Error::Of(ErrorCode::kValidation, "no such event");
      case 1:
        throw std::runtime_error("from a library");
      case 2:
        throw 5;
      default:
        co_return std::string("{}");
    }
  });
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  const auto reports = runtime_.reports();
  ASSERT_EQ(reports.size(), 4U);
  ExpectFailure(reports[0], "no such event");
  ExpectFailure(reports[1], "An internal error occurred.");
  ExpectFailure(reports[2], "An internal error occurred.");
  EXPECT_EQ(reports[3].kind, "response");
  EXPECT_EQ(sink_.Count("handler_threw"), 2U);
}

TEST_F(LoopTest, ReplacesResponsesAbove6Mb) {
  runtime_.Offer(FakeEvent());
  const Status ended = Serve([&](const Invocation&) -> Task<Result<std::string>> {
    co_return std::string(FakeRuntimeApi::kMaxResponseBytes + 1, ' ');
  });
  EXPECT_FALSE(ended.ok());
  const auto reports = runtime_.reports();
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].status, 413);
  EXPECT_EQ(reports[1].body, "{}");
  EXPECT_EQ(reports[1].request_id, reports[0].request_id);
}

TEST_F(LoopTest, EndsOnServerErrorOfTheRuntimeApi) {
  for (int i = 0; i < 2; ++i) runtime_.Offer(FakeEvent());
  runtime_.RespondToReports({500});
  const Status ended =
      Serve([&](const Invocation&) -> Task<Result<std::string>> { co_return std::string("{}"); });
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(runtime_.reports().size(), 1U);
}

TEST(RuntimeApi, RejectsInvocationsWithoutId) {
  const ScriptedServer server([](auto& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "{}"));
  });
  const SystemClock clock;
  RuntimeApi client(*RuntimeApi::ParseAddress("127.0.0.1:" + std::to_string(server.port())), clock);
  EXPECT_FALSE(RunTask(client.Next()).ok());
}

TEST(RuntimeApi, SetsNoDeadlineIfLambdaSendsNone) {
  for (const std::string& deadline :
       {std::string(), std::string("Lambda-Runtime-Deadline-Ms: soon\r\n")}) {
    const ScriptedServer server([&](auto& socket, int) {
      ScriptedServer::ReadRequest(socket);
      ScriptedServer::Write(
          socket,
          ScriptedServer::Response(200, "{}", "Lambda-Runtime-Aws-Request-Id: r\r\n" + deadline));
    });
    const SystemClock clock;
    RuntimeApi client(*RuntimeApi::ParseAddress("127.0.0.1:" + std::to_string(server.port())),
                      clock);
    const auto next = RunTask(client.Next());
    ASSERT_TRUE(next.ok());
    EXPECT_EQ(next->deadline, Deadline::max());
  }
}

}  // namespace
}  // namespace users::testing
