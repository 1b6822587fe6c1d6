// One operation called with proxy events, without a process around it
// (lambda_runtime/operation_handler.h).
#include "lambda_runtime/operation_handler.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "support/embedded_metrics.h"
#include "support/gateway_event.h"
#include "support/operations_fixture.h"

namespace users::testing {
namespace {

using lambda_runtime::Invocation;
using lambda_runtime::OperationHandler;
using testing::UntouchedStore;

// The request of the last call.
api::Request last_request;  // NOLINT: an operation is a plain function

Task<Result<api::Response>> Greet(const api::Request& request, service::UserService&) {
  last_request.deadline = request.deadline;
  last_request.correlation_id = request.correlation_id;
  api::Response response;
  response.body = R"({"email":"ada@example.com"})";
  response.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  co_return response;
}
Task<Result<api::Response>> Reject(const api::Request&, service::UserService&) {
  co_return Error::Unavailable("busy");
}
Task<Result<api::Response>> Throw(const api::Request&, service::UserService&) {
  throw std::runtime_error("a library threw");
  co_return api::Response();
}

class OperationHandlerTest : public ::testing::Test {
 protected:
  HttpReply Handle(OperationHandler& handler, const std::string& event,
                   Deadline deadline = DeadlineIn(std::chrono::seconds(60))) {
    Invocation invocation;
    invocation.request_id = "r";
    invocation.deadline = deadline;
    invocation.event = event;
    const auto response = RunTask(handler.Handle(invocation));
    EXPECT_TRUE(response.ok());
    return response.ok() ? ReadProxyResponse(*response) : HttpReply();
  }
  OperationHandler HandlerFor(api::Handler& handler) {
    return OperationHandler("users_profile_get-dev", api::Operation::kUsersProfileGet, handler,
                            users_, clock_, log_);
  }
  boost::json::object LastLine() { return boost::json::parse(sink_.Lines().back()).as_object(); }

  ManualClock clock_{*ParseTimestamp("2026-01-01T00:00:00Z")};
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kInfo};
  UntouchedStore store_;
  UlidGenerator ids_{clock_};
  domain::RoleCatalogue roles_;
  service::UserService users_{store_, roles_, ids_, clock_, log_, service::UserServiceOptions()};
};

TEST_F(OperationHandlerTest, LogsOneLineWithMetricsPerCall) {
  OperationHandler handler = HandlerFor(Greet);
  GatewayRequest request;
  request.headers.emplace_back("X-Correlation-Id", "c-1");
  request.path_parameters["userId"] = "ada@example.com";
  const HttpReply reply = Handle(handler, GatewayEventText(request));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(HeaderOf(reply, "X-Correlation-Id"), "c-1");
  ASSERT_EQ(sink_.Lines().size(), 1U);
  const auto line = LastLine();
  EXPECT_EQ(line.at("event"), "request");
  EXPECT_EQ(line.at("operation"), "users_profile_get");
  EXPECT_EQ(line.at("status"), 200);
  EXPECT_EQ(line.at("correlationId"), "c-1");
  EXPECT_EQ(line.at("principal").as_string(), request.user_arn);
  EXPECT_EQ(line.at("accessKeyId").as_string(), request.access_key);
  EXPECT_EQ(line.at("userId"), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  EXPECT_EQ(sink_.text().find("ada@"), std::string::npos);
}

TEST_F(OperationHandlerTest, HasOneDimensionAndMarksTheFirstCallAsCold) {
  OperationHandler handler = HandlerFor(Greet);
  for (const double cold : {1, 0, 0}) {
    Handle(handler, GatewayEventText(GatewayRequest()));
    const auto metrics = ReadEmbeddedMetrics(sink_.Lines().back());
    EXPECT_EQ(metrics.ns, "UserManagement");
    EXPECT_EQ(metrics.dimensions,
              (std::map<std::string, std::string>{{"FunctionName", "users_profile_get-dev"}}));
    EXPECT_EQ(metrics.values.size(), 4U);
    EXPECT_EQ(metrics.values.at("Requests"), 1);
    EXPECT_EQ(metrics.values.at("Errors"), 0);
    EXPECT_EQ(metrics.values.at("ColdStart"), cold);
    EXPECT_GE(metrics.values.at("Latency"), 0);
  }
}

TEST_F(OperationHandlerTest, CountsOnlyServerFaultsAsErrors) {
  OperationHandler rejecting = HandlerFor(Reject);
  EXPECT_EQ(Handle(rejecting, GatewayEventText(GatewayRequest())).status, 503);
  EXPECT_EQ(ReadEmbeddedMetrics(sink_.Lines().back()).values.at("Errors"), 1);
  EXPECT_EQ(LastLine().at("code"), "UNAVAILABLE");
  EXPECT_EQ(Handle(rejecting, "{}").status, 401);
  EXPECT_EQ(ReadEmbeddedMetrics(sink_.Lines().back()).values.at("Errors"), 0);
  EXPECT_FALSE(LastLine().contains("principal"));
}

TEST_F(OperationHandlerTest, RespondsToExceptionsWith500) {
  OperationHandler handler = HandlerFor(Throw);
  const HttpReply reply = Handle(handler, GatewayEventText(GatewayRequest()));
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body,
            R"({"code":"INTERNAL_ERROR","message":"An internal error occurred.","details":{}})");
  ASSERT_EQ(sink_.Lines().size(), 2U);
  EXPECT_NE(sink_.Lines()[0].find("operation_threw"), std::string::npos);
}

TEST_F(OperationHandlerTest, CreatesMissingCorrelationIds) {
  OperationHandler handler = HandlerFor(Greet);
  std::string last;
  for (const std::string& event : {GatewayEventText(GatewayRequest()), std::string("{}")}) {
    const std::string id = HeaderOf(Handle(handler, event), "X-Correlation-Id");
    EXPECT_TRUE(ParseUlid(id)) << id;
    EXPECT_NE(id, last);
    EXPECT_EQ(LastLine().at("correlationId").as_string(), id);
    last = id;
  }
}

TEST_F(OperationHandlerTest, LeavesTimeToRespondBeforeTheDeadline) {
  OperationHandler handler = HandlerFor(Greet);
  const Deadline soon = DeadlineIn(std::chrono::seconds(5));
  Handle(handler, GatewayEventText(GatewayRequest()), soon);
  EXPECT_EQ(last_request.deadline, soon - std::chrono::milliseconds(250));
  for (const Deadline late : {DeadlineIn(std::chrono::minutes(15)), Deadline::max()}) {
    Handle(handler, GatewayEventText(GatewayRequest()), late);
    EXPECT_LE(last_request.deadline, DeadlineIn(std::chrono::seconds(10)));
  }
}

}  // namespace
}  // namespace users::testing
