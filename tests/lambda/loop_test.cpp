// The loop of a function around its events: freezes, deadlines, rejected responses, split reads,
// and the order of log and response.
#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/json/parse.hpp>

#include "base/text/text.h"
#include "engines/dynamodb_tables.h"
#include "engines/fault_proxy.h"
#include "support/embedded_metrics.h"
#include "support/relay.h"
#include "support/running_function.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

constexpr const char* kRegistration =
    R"({"idempotencyKey":"k","email":"ada@example.com","name":"Ada","metadata":{"m":"secret-value"}})";
constexpr const char* kTrace =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=";

// A request for a user that does not exist.
GatewayRequest GetNobody() {
  GatewayRequest request;
  request.path = "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV";
  request.path_parameters["userId"] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  request.headers.emplace_back("X-Correlation-Id", "c-1");
  return request;
}

std::string LastLine(const std::string& output) {
  const std::size_t end = output.size() - 1;
  return output.substr(output.rfind('\n', end - 1) + 1);
}

class FunctionLoopTest : public ::testing::Test {
 protected:
  FunctionEnvironment Environment(const std::string& url) const {
    return StoreEnvironment(url, tables_.names());
  }

  const EngineProcess& engine_ = SharedEngine("dynoxide");
  DynamoDbTables tables_{engine_};
};

TEST_F(FunctionLoopTest, ReplacesConnectionsLostInAFreeze) {
  Relay relay(engine_.port());
  RunningFunction function("users_profile_get", Environment(relay.url()));
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(relay.connections(), 1);
  for (int freeze = 1; freeze <= 3; ++freeze) {
    ASSERT_TRUE(function.runtime().WaitForNext(2 + freeze));
    function.process().Freeze();
    relay.CloseAll();
    function.runtime().Offer(GatewayEventText(GetNobody()));
    function.process().Thaw();
    const auto report = function.runtime().WaitForReport(static_cast<std::size_t>(1 + freeze));
    ASSERT_TRUE(report);
    EXPECT_EQ(ReadProxyResponse(report->body).status, 404) << report->body;
    EXPECT_EQ(relay.connections(), 1 + freeze);
  }
}

// Covers connections that the kernel already reports as closed and connections that are reset at
// the first byte.
TEST_F(FunctionLoopTest, ReplacesConnectionsLostDuringARequest) {
  FaultProxy proxy(engine_.port());
  RunningFunction function("users_profile_get", Environment(proxy.url()));
  for (const Fault fault : {Fault::kReset, Fault::kLostResponse, Fault::kReset}) {
    proxy.FailNext(fault);
    EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  }
  EXPECT_EQ(proxy.faults(), 3);
}

TEST_F(FunctionLoopTest, GivesUpOnASlowStoreBeforeTheDeadline) {
  FaultProxy proxy(engine_.port());
  RunningFunction function("users_profile_get", Environment(proxy.url()));
  proxy.FailNext(Fault::kHang);
  FakeEvent event(GatewayEventText(GetNobody()));
  event.time = std::chrono::milliseconds(2'000);
  const HttpReply reply = function.Invoke(event);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(bj::parse(reply.body).at("code"), "UNAVAILABLE");
  EXPECT_FALSE(HeaderOf(reply, "Retry-After").empty());
  EXPECT_EQ(HeaderOf(reply, "X-Correlation-Id"), "c-1");
  // A client that waited for the store's own time-out would call it again.
  EXPECT_EQ(proxy.TakeCalls()["GetItem"], 1);
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
}

TEST_F(FunctionLoopTest, RespondsEvenIfTheDeadlineHasPassed) {
  RunningFunction function("users_profile_get", Environment(engine_.url()));
  for (const int milliseconds : {-1'000'000, 0, 1, 200}) {
    FakeEvent event(GatewayEventText(GetNobody()));
    event.time = std::chrono::milliseconds(milliseconds);
    EXPECT_EQ(function.Invoke(event).status, 503);
  }
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
}

TEST_F(FunctionLoopTest, ReplacesResponsesThatAreTooLarge) {
  RunningFunction function("users_profile_get", Environment(engine_.url()));
  function.runtime().RespondToReports({413});
  const HttpReply reply = function.Invoke(GetNobody());
  EXPECT_EQ(function.runtime().reports().size(), 2U);
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.body,
            R"({"code":"INTERNAL_ERROR","message":"An internal error occurred.","details":{}})");
  EXPECT_EQ(HeaderOf(reply, "X-Correlation-Id"), "c-1");
  EXPECT_NE(function.process().output().find("response_too_large"), std::string::npos);
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  // The replacement cannot be delivered either.
  function.runtime().RespondToReports({413, 413});
  function.runtime().Offer(GatewayEventText(GetNobody()));
  ASSERT_TRUE(function.runtime().WaitForReport(4));
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
}

TEST_F(FunctionLoopTest, ContinuesAfterARejectedResponse) {
  RunningFunction function("users_profile_get", Environment(engine_.url()));
  for (const int status : {400, 403, 404, 410}) {
    function.runtime().RespondToReports({status});
    EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
    EXPECT_EQ(function.runtime().reports().back().status, status);
  }
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_NE(function.process().output().find("response_rejected"), std::string::npos);
}

TEST_F(FunctionLoopTest, EndsOnAServerErrorOfTheInterface) {
  RunningFunction function("users_profile_get", Environment(engine_.url()));
  function.runtime().RespondToReports({500});
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(function.process().WaitForExit(), 1);
  EXPECT_EQ(function.runtime().reports().size(), 1U);
  EXPECT_NE(function.process().output().find("runtime_gone"), std::string::npos);
  EXPECT_EQ(function.process().errors(), "");
}

TEST_F(FunctionLoopTest, EndsIfNextFails) {
  for (const int status : {500, 503, 403, 404}) {
    RunningFunction function("users_profile_get", Environment(engine_.url()));
    function.runtime().RespondToNext(status);
    EXPECT_EQ(function.process().WaitForExit(), 1) << status;
    EXPECT_TRUE(function.runtime().reports().empty());
    EXPECT_EQ(function.process().errors(), "");
  }
}

TEST_F(FunctionLoopTest, AcceptsSplitResponsesOfTheInterface) {
  RunningFunction function("users_profile_get", Environment(engine_.url()));
  for (const std::size_t size : {1, 7, 1'000}) {
    function.runtime().SplitResponses(size);
    EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  }
}

TEST_F(FunctionLoopTest, WritesTheLogBeforeTheResponse) {
  RunningFunction function("users_register_create", Environment(engine_.url()));
  std::vector<std::string> outputs;
  function.runtime().OnReport([&] { outputs.push_back(function.process().output()); });
  for (const char* sampled : {"0", "1"}) {
    GatewayRequest request = Post("POST", "/users", kRegistration);
    request.headers.emplace_back("X-Correlation-Id", "c-2");
    request.stage = "prod";
    FakeEvent event(GatewayEventText(request));
    event.trace_header = std::string(kTrace) + sampled;
    const HttpReply reply = function.Invoke(event);
    EXPECT_EQ(reply.status, 201) << reply.body;
    const std::string user_id(bj::parse(reply.body).at("userId").as_string());
    EXPECT_EQ(HeaderOf(reply, "Location"), "/prod/users/" + user_id);
    const FunctionReport report = function.runtime().reports().back();
    const bj::object line = bj::parse(LastLine(outputs.back())).as_object();
    EXPECT_EQ(line.at("event"), "request");
    EXPECT_EQ(line.at("requestId").as_string(), report.request_id);
    EXPECT_EQ(line.at("traceId"), "1-5759e988-bd862e3fe1be46a994272793");
    EXPECT_EQ(line.at("correlationId"), "c-2");
    EXPECT_EQ(line.at("userId").as_string(), user_id);
    const auto metrics = ReadEmbeddedMetrics(LastLine(outputs.back()));
    EXPECT_EQ(metrics.dimensions,
              (std::map<std::string, std::string>{{"FunctionName", "users_register_create-dev"}}));
  }
  const std::string output = function.process().output();
  EXPECT_EQ(output, outputs.back());
  for (const char* personal :
       {"@example.com", "Ada", "secret-value", "secret-of", "session-token"}) {
    EXPECT_EQ(output.find(personal), output.npos) << personal;
  }
}

TEST_F(FunctionLoopTest, TracesStoreCallsOfSampledInvocations) {
  boost::asio::io_context context;
  using boost::asio::ip::udp;
  udp::socket daemon(context, udp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  daemon.non_blocking(true);
  FunctionEnvironment environment = Environment(engine_.url());
  environment["AWS_XRAY_DAEMON_ADDRESS"] =
      "127.0.0.1:" + std::to_string(daemon.local_endpoint().port());
  RunningFunction function("users_register_create", environment);
  const auto datagrams_for = [&](const std::string& trace_header) {
    FakeEvent event(GatewayEventText(Post("POST", "/users", kRegistration)));
    event.trace_header = trace_header;
    EXPECT_EQ(function.Invoke(event).status, 201);
    std::vector<std::string> datagrams;
    std::string buffer(8'192, '\0');
    boost::system::error_code error;
    while (true) {
      const std::size_t size = daemon.receive(boost::asio::buffer(buffer), 0, error);
      if (error) return datagrams;
      datagrams.push_back(buffer.substr(0, size));
    }
  };
  EXPECT_TRUE(datagrams_for("").empty());
  EXPECT_TRUE(datagrams_for(std::string(kTrace) + "0").empty());
  const auto datagrams = datagrams_for(std::string(kTrace) + "1");
  ASSERT_EQ(datagrams.size(), 1U);
  const bj::value document = bj::parse(datagrams[0].substr(datagrams[0].find('\n') + 1));
  EXPECT_EQ(document.at("aws").at("operation"), "TransactWriteItems");
  EXPECT_EQ(document.at("aws").at("table_name").as_string(), tables_.names().users);
  EXPECT_EQ(document.at("aws").at("region"), "us-east-1");
  EXPECT_EQ(document.at("parent_id"), "53995c3f42cd8ad8");
  for (const char* personal : {"@example.com", "Ada", "secret-value", "USER#"}) {
    EXPECT_EQ(datagrams[0].find(personal), std::string::npos) << personal;
  }
  EXPECT_TRUE(datagrams_for("").empty());
}

}  // namespace
}  // namespace users::testing
