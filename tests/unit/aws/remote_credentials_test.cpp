// Credentials of containers and instances, from fake metadata servers.
#include "aws/remote_credentials.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/fake_environment.h"
#include "support/run_task.h"
#include "support/scripted_server.h"
#include "support/temporary_directory.h"

namespace users::aws {
namespace {

using testing::FakeEnvironment;
using testing::ScriptedServer;
using testing::TemporaryDirectory;

constexpr const char* kKeys =
    R"({"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T",)"
    R"("Expiration":"2026-11-25T20:00:00Z","Type":"AWS-HMAC"})";

std::string UrlOf(const ScriptedServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port());
}

Result<TimedCredentials> Fetch(const Environment& environment) {
  auto source = MakeDefaultSource(environment);
  if (!source.ok()) return source.error();
  return RunTask((*source)->Fetch(DeadlineIn(std::chrono::seconds(60))));
}

bool Has(const std::string& request, const std::string& text) {
  return request.find(text) != std::string::npos;
}

TEST(ParseRemoteCredentials, AcceptsOnlyCompleteCredentials) {
  const auto good = ParseRemoteCredentials(kKeys);
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->credentials.session_token, "T");
  EXPECT_EQ(good->expires, ParseTimestamp("2026-11-25T20:00:00Z"));
  for (const char* bad : {"", "[]", "{}", "null", R"({"AccessKeyId":"A"})",
                          R"({"AccessKeyId":1,"SecretAccessKey":2})",
                          R"({"Code":"Failed","AccessKeyId":"A","SecretAccessKey":"S"})",
                          R"({"AccessKeyId":"A","SecretAccessKey":"S","Expiration":"soon"})",
                          "{\"AccessKeyId\":\"A"}) {
    EXPECT_FALSE(ParseRemoteCredentials(bad).ok()) << bad;
  }
}

TEST(ContainerSource, SendsTheAuthorizationToken) {
  ScriptedServer server([](auto& socket, int) {
    const std::string request = ScriptedServer::ReadRequest(socket);
    const bool good =
        Has(request, "GET /v2/creds?x=1 HTTP/1.1\r\n") && Has(request, "Authorization: token\r\n");
    ScriptedServer::Write(socket, ScriptedServer::Response(good ? 200 : 403, kKeys));
  });
  const std::string uri = UrlOf(server) + "/v2/creds?x=1";
  const auto by_value = Fetch(FakeEnvironment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri},
                                               {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "token"}}));
  ASSERT_TRUE(by_value.ok()) << by_value.error().message;
  EXPECT_EQ(by_value->credentials.access_key_id, "A");

  const TemporaryDirectory directory;
  std::ofstream(directory / "token") << "token\n";
  EXPECT_TRUE(
      Fetch(FakeEnvironment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri},
                             {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", directory / "token"}}))
          .ok());
  EXPECT_FALSE(Fetch(FakeEnvironment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri}})).ok());
  EXPECT_FALSE(
      Fetch(FakeEnvironment({{"AWS_CONTAINER_CREDENTIALS_FULL_URI", uri},
                             {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", directory / "none"}}))
          .ok());
}

TEST(ContainerSource, RejectsPlaintextUrlsOfOtherHosts) {
  const auto rejected = [](const std::string& variable, const std::string& value) {
    return !MakeContainerSource(FakeEnvironment({{variable, value}})).ok();
  };
  const std::string full = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
  for (const char* url : {"http://example.com/x", "http://10.0.0.1/x", "http://169.254.170.3/x",
                          "http://localhost.example.com/", "nonsense", "http://[fd00:ec2::24]/"}) {
    EXPECT_TRUE(rejected(full, url)) << url;
  }
  for (const char* url : {"https://example.com/x", "http://127.0.0.1/x", "http://[::1]/x",
                          "http://169.254.170.23/v1", "http://[fd00:ec2::23]/v1"}) {
    EXPECT_FALSE(rejected(full, url)) << url;
  }
  EXPECT_TRUE(rejected("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "@example.com/"));
  EXPECT_FALSE(rejected("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/creds"));
}

TEST(InstanceSource, FetchesATokenFirst) {
  ScriptedServer server([](auto& socket, int) {
    while (true) {
      const std::string request = ScriptedServer::ReadRequest(socket);
      if (request.empty()) return;
      const bool has_token = Has(request, "X-aws-ec2-metadata-token: secret\r\n");
      std::string response = ScriptedServer::Response(401, "");
      if (Has(request, "PUT /latest/api/token ") &&
          Has(request, "X-aws-ec2-metadata-token-ttl-seconds: 21600\r\n")) {
        response = ScriptedServer::Response(200, "secret");
      } else if (has_token && Has(request, "GET /latest/meta-data/iam/security-credentials/ ")) {
        response = ScriptedServer::Response(200, "my role\n");
      } else if (has_token &&
                 Has(request, "GET /latest/meta-data/iam/security-credentials/my%20role ")) {
        response = ScriptedServer::Response(200, kKeys);
      }
      ScriptedServer::Write(socket, response);
    }
  });
  const auto fetched =
      Fetch(FakeEnvironment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", UrlOf(server)}}));
  ASSERT_TRUE(fetched.ok()) << fetched.error().message;
  EXPECT_EQ(fetched->credentials.secret_access_key, "S");
  EXPECT_EQ(server.connections(), 1);
}

TEST(InstanceSource, RejectsInvalidResponses) {
  for (const std::string& response :
       {ScriptedServer::Response(404, ""), ScriptedServer::Response(200, "a\r\nX: y"),
        ScriptedServer::Response(200, "<html>"), std::string("garbage\r\n\r\n"), std::string()}) {
    ScriptedServer server([&](auto& socket, int) {
      while (!ScriptedServer::ReadRequest(socket).empty()) {
        if (response.empty()) return;
        ScriptedServer::Write(socket, response);
      }
    });
    EXPECT_FALSE(
        Fetch(FakeEnvironment({{"AWS_EC2_METADATA_SERVICE_ENDPOINT", UrlOf(server)}})).ok())
        << response;
  }
}

}  // namespace
}  // namespace users::aws
