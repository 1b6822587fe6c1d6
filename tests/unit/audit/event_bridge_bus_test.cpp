#include "audit/eventbridge/event_bridge_bus.h"

#include <gtest/gtest.h>

#include "base/json/json.h"
#include "base/mutex.h"
#include "support/fake_environment.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/scripted_server.h"
#include "support/signature_check.h"

namespace users::audit::eventbridge {
namespace {

using testing::FakeEnvironment;
using testing::MemorySink;
using testing::RunTask;
using testing::ScriptedServer;

aws::Credentials TestCredentials() {
  aws::Credentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = "very-secret-key-of-a-test";
  credentials.session_token = "very-secret-token";
  return credentials;
}

// A bus on a server that sends the same response to every call.
class EventBridgeBusTest : public ::testing::Test {
 protected:
  Result<std::vector<Receipt>> Put(const std::string& response, std::vector<BusEvent> events) {
    Mutex mutex;
    ScriptedServer server([&](auto& socket, int) {
      while (true) {
        const std::string request = ScriptedServer::ReadRequest(socket);
        if (request.empty()) return;
        {
          const MutexLock lock(mutex);
          requests_.push_back(request);
        }
        ScriptedServer::Write(socket, response);
      }
    });
    const aws::Credentials keys = TestCredentials();
    const auto environment = FakeEnvironment(
        {{"AWS_ACCESS_KEY_ID", keys.access_key_id},
         {"AWS_SECRET_ACCESS_KEY", keys.secret_access_key},
         {"AWS_SESSION_TOKEN", keys.session_token},
         {"AWS_REGION", "eu-central-1"},
         {"AWS_ENDPOINT_URL_EVENTBRIDGE", "http://127.0.0.1:" + std::to_string(server.port())}});
    EventBridgeOptions options;
    options.bus_name = "audit-bus";
    const auto bus = EventBridgeBus::Open(options, environment, clock_, log_);
    EXPECT_TRUE(bus.ok());
    return RunTask((*bus)->Put(std::move(events), DeadlineIn(std::chrono::seconds(60))));
  }

  const SystemClock clock_;
  MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  std::vector<std::string> requests_;
};

std::vector<BusEvent> TwoEvents() {
  std::vector<BusEvent> events;
  events.emplace_back("u1", *ParseTimestamp("2026-11-22T21:09:35.999Z"), R"({"userId":"u1"})");
  events.emplace_back("u2", *ParseTimestamp("2026-11-22T21:09:36Z"), R"({"userId":"u2"})");
  return events;
}

TEST_F(EventBridgeBusTest, SendsPutEventsRequests) {
  const auto receipts =
      Put(ScriptedServer::Response(
              200, R"({"FailedEntryCount":0,"Entries":[{"EventId":"1"},{"EventId":"2"}]})"),
          TwoEvents());
  ASSERT_TRUE(receipts.ok());
  EXPECT_EQ(*receipts, (std::vector<Receipt>{Receipt::kTaken, Receipt::kTaken}));
  ASSERT_EQ(requests_.size(), 1U);
  const std::string& request = requests_[0];
  EXPECT_NE(request.find("X-Amz-Target: AWSEvents.PutEvents\r\n"), request.npos);
  EXPECT_NE(request.find("Content-Type: application/x-amz-json-1.1\r\n"), request.npos);
  EXPECT_EQ(testing::SignatureFault(request, TestCredentials(), "eu-central-1", "events"),
            std::nullopt);
  EXPECT_EQ(
      request.substr(request.find("\r\n\r\n") + 4),
      R"({"Entries":[{"Time":1795381775,"Source":"user-management.users",)"
      R"("DetailType":"UserAuditEvent","Detail":"{\"userId\":\"u1\"}","EventBusName":"audit-bus"},)"
      R"({"Time":1795381776,"Source":"user-management.users",)"
      R"("DetailType":"UserAuditEvent","Detail":"{\"userId\":\"u2\"}","EventBusName":"audit-bus"}]})");
}

TEST_F(EventBridgeBusTest, SeparatesTransientFromPermanentFailures) {
  for (const auto& [code, receipt] : std::vector<std::pair<std::string, Receipt>>{
           {"ThrottlingException", Receipt::kTryAgain},
           {"InternalFailure", Receipt::kTryAgain},
           {"MalformedDetail", Receipt::kRejected},
           {"NotAuthorizedForSourceException", Receipt::kRejected}}) {
    const auto receipts = Put(
        ScriptedServer::Response(200, R"({"FailedEntryCount":1,"Entries":[{"ErrorCode":")" + code +
                                          R"(","ErrorMessage":"secret text"},{"EventId":"2"}]})"),
        TwoEvents());
    ASSERT_TRUE(receipts.ok());
    EXPECT_EQ(*receipts, (std::vector<Receipt>{receipt, Receipt::kTaken})) << code;
    EXPECT_EQ(sink_.Count(code), 1U);
  }
  EXPECT_EQ(sink_.Count("secret text"), 0U);
}

TEST_F(EventBridgeBusTest, RejectsMalformedResponses) {
  for (const std::string body :
       {R"({})", R"({"Entries":[]})", R"({"Entries":[{"EventId":"1"}]})",
        R"({"Entries":[{"EventId":"1"},{}]})", R"({"Entries":"x"})",
        R"({"Entries":[{"EventId":"1"},{"EventId":"2"},{"EventId":"3"}]})"}) {
    EXPECT_FALSE(Put(ScriptedServer::Response(200, body), TwoEvents()).ok()) << body;
  }
}

TEST_F(EventBridgeBusTest, ReportsRejectedCalls) {
  const auto receipts =
      Put(ScriptedServer::Response(
              400, R"({"__type":"ResourceNotFoundException","message":"no such bus"})"),
          TwoEvents());
  ASSERT_FALSE(receipts.ok());
  EXPECT_EQ(receipts.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(sink_.Count("ResourceNotFoundException"), 1U);
  EXPECT_EQ(requests_.size(), 1U);
}

TEST_F(EventBridgeBusTest, RetriesThrottledCalls) {
  const auto receipts =
      Put(ScriptedServer::Response(400, R"({"__type":"ThrottlingException"})"), TwoEvents());
  EXPECT_FALSE(receipts.ok());
  EXPECT_EQ(requests_.size(), 3U);
}

}  // namespace
}  // namespace users::audit::eventbridge
