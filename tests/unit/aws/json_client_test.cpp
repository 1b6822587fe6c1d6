#include "aws/json_client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/crc.hpp>
#include <limits>

#include "base/mutex.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/scripted_server.h"
#include "support/signature_check.h"

namespace users::aws {
namespace {

using testing::MemorySink;
using testing::ScriptedServer;
using testing::SignatureFault;

Credentials TestCredentials() {
  Credentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = "very-secret-key-of-a-test";
  credentials.session_token = "very-secret-token";
  return credentials;
}

std::string Checked(int status, const std::string& body) {
  boost::crc_32_type crc;
  crc.process_bytes(body.data(), body.size());
  return ScriptedServer::Response(status, body,
                                  "x-amz-crc32: " + std::to_string(crc.checksum()) + "\r\n");
}

std::string Fault(const std::string& name, int status = 400) {
  return Checked(status,
                 R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + name + R"(","message":"m"})");
}

// A client of a server that sends these responses in turn and repeats the last one. An empty
// response closes the connection.
class JsonClientTest : public ::testing::Test {
 protected:
  // Makes `calls` calls and returns the result of the last one.
  Result<JsonResponse> Call(std::vector<std::string> responses, RetryKind kind = RetryKind::kNone,
                            std::chrono::milliseconds time = std::chrono::seconds(60),
                            int calls = 1) {
    Mutex mutex;
    requests_.clear();
    ScriptedServer server([&](auto& socket, int) {
      while (true) {
        const std::string request = ScriptedServer::ReadRequest(socket);
        if (request.empty()) return;
        std::string response;
        {
          const MutexLock lock(mutex);
          response = responses[std::min(requests_.size(), responses.size() - 1)];
          requests_.push_back(request);
        }
        if (response.empty()) return;
        ScriptedServer::Write(socket, response);
        if (response.ends_with("cut off")) return;
      }
    });
    net::HttpClient http(*net::ParseUrl("http://127.0.0.1:" + std::to_string(server.port())));
    CredentialsProvider credentials(MakeStaticSource(TestCredentials()), clock_, log_);
    JsonService service;
    service.signing_name = "dynamodb";
    service.target_prefix = "DynamoDB_20120810";
    service.content_type = "application/x-amz-json-1.0";
    service.region = "us-east-1";
    service.retries = rules_;
    JsonClient client(http, credentials, service, clock_, log_);
    JsonCall call("GetItem", R"({"Key":"k"})");
    if (kind != RetryKind::kNone) call.classify = [=](const JsonResponse&) { return kind; };
    for (; calls > 1; --calls) (void)RunTask(client.Call(call, DeadlineIn(time)));
    auto last = RunTask(client.Call(call, DeadlineIn(time)));
    retries_ = client.statistics().retries;
    return last;
  }

  SystemClock clock_;
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kDebug};
  RetryRules rules_ = [] {
    RetryRules rules;
    rules.throttled_base = std::chrono::milliseconds(20);
    return rules;
  }();
  std::vector<std::string> requests_;
  std::uint64_t retries_ = 0;
};

TEST_F(JsonClientTest, SignsCallsAndParsesResponses) {
  const auto response = Call({Checked(200, R"({"Item":{"a":"b"}})")});
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->error, "");
  EXPECT_TRUE(response->body.contains("Item"));
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(SignatureFault(requests_[0], TestCredentials(), "us-east-1", "dynamodb"), std::nullopt);
  EXPECT_NE(requests_[0].find("X-Amz-Target: DynamoDB_20120810.GetItem\r\n"), std::string::npos);
  EXPECT_NE(requests_[0].find("Content-Type: application/x-amz-json-1.0\r\n"), std::string::npos);
}

TEST_F(JsonClientTest, RetriesTransientFaultsWithTheSameBytes) {
  const std::string good = Checked(200, "{}");
  const std::string wrong_crc =
      ScriptedServer::Response(200, R"({"Item":{}})", "x-amz-crc32: 12345\r\n");
  for (const std::string& bad :
       {Fault("InternalServerError", 500), Fault("ThrottlingException"),
        Fault("ProvisionedThroughputExceededException"), Fault("TransactionInProgressException"),
        Fault("RequestLimitExceeded"), Fault("ExpiredTokenException"),
        ScriptedServer::Response(503, "<html>Service Unavailable</html>"),
        ScriptedServer::Response(429, ""), ScriptedServer::Response(400, "{\"__type\":\"Val"),
        ScriptedServer::Response(200, "{\"Item\":{"), ScriptedServer::Response(200, "[]"),
        wrong_crc, std::string("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off"),
        std::string()}) {
    const auto response = Call({bad, bad, good});
    ASSERT_TRUE(response.ok()) << bad;
    EXPECT_EQ(response->error, "") << bad;
    ASSERT_EQ(requests_.size(), 3U) << bad;
    const auto body = [](const std::string& request) {
      return request.substr(request.find("\r\n\r\n"));
    };
    EXPECT_EQ(body(requests_[0]), body(requests_[2]));
  }
}

TEST_F(JsonClientTest, GivesUpAfterFourAttempts) {
  for (const std::string& bad :
       {Fault("InternalServerError", 500), Fault("ThrottlingException"), std::string()}) {
    const auto response = Call({bad});
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(requests_.size(), 4U);
  }
}

TEST_F(JsonClientTest, ReturnsPermanentErrorsWithoutRetry) {
  for (const char* name : {"ValidationException", "ResourceNotFoundException",
                           "AccessDeniedException", "TransactionCanceledException"}) {
    const auto response = Call({Fault(name)});
    ASSERT_TRUE(response.ok());
    EXPECT_EQ(response->error, name);
    EXPECT_EQ(requests_.size(), 1U);
  }
  const auto nameless = Call({Checked(403, "{}")});
  EXPECT_EQ(nameless->error, "status 403");
}

TEST_F(JsonClientTest, ReturnsContentionAfterRetries) {
  const auto response = Call({Fault("TransactionCanceledException")}, RetryKind::kContention);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->error, "TransactionCanceledException");
  EXPECT_EQ(requests_.size(), 4U);
}

TEST_F(JsonClientTest, SendsNothingAfterTheDeadline) {
  const auto late = Call({Checked(200, "{}")}, RetryKind::kNone, std::chrono::milliseconds(-1));
  EXPECT_FALSE(late.ok());
  EXPECT_EQ(requests_.size(), 0U);
}

// One random wait in a hundred ends before the deadline. The waits of three calls do not all do so.
TEST_F(JsonClientTest, NeverStartsAWaitBeyondTheDeadline) {
  rules_.throttled_base = rules_.longest = std::chrono::seconds(3);
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (int i = 0; i < 3; ++i) {
    const auto response =
        Call({Fault("ThrottlingException")}, RetryKind::kNone, std::chrono::milliseconds(30));
    EXPECT_FALSE(response.ok());
    least = std::min(least, retries_);
  }
  EXPECT_EQ(least, 0U);
}

TEST_F(JsonClientTest, SharesARetryQuotaAcrossCalls) {
  rules_.base = std::chrono::milliseconds(0);
  const std::string bad = Fault("InternalServerError", 500);
  EXPECT_FALSE(Call({bad}, RetryKind::kNone, std::chrono::seconds(60), 40).ok());
  EXPECT_EQ(retries_, static_cast<std::uint64_t>(RetryQuota::kCapacity /
                                                 RetryQuota::CostOf(RetryKind::kTransient)));
  EXPECT_EQ(requests_.size(), 40 + retries_);
}

TEST_F(JsonClientTest, LogsNoSecrets) {
  EXPECT_FALSE(Call({Fault("InternalServerError", 500)}).ok());
  const std::string logged = sink_.text();
  EXPECT_NE(logged.find("aws_call_failed"), std::string::npos);
  EXPECT_NE(logged.find("InternalServerError"), std::string::npos);
  for (const char* secret : {"very-secret", "AKIDEXAMPLE", "Signature", "\"k\""}) {
    EXPECT_EQ(logged.find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace users::aws
