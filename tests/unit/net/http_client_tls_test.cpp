// TLS of the HTTP client: which certificates it trusts, and which host name it sends (SNI).
#include <gtest/gtest.h>

#include "aws/roots.h"
#include "base/files.h"
#include "net/http_client.h"
#include "support/certificate.h"
#include "support/run_task.h"
#include "support/tls_server.h"
#include "support/wait_until.h"

namespace users::testing {
namespace {

Result<net::IncomingResponse> Ask(net::HttpClient& client, int times = 1) {
  const auto run = [&]() -> Task<Result<net::IncomingResponse>> {
    Result<net::IncomingResponse> response = Error::Internal();
    for (int i = 0; i < times; ++i) {
      net::OutgoingRequest request("POST", "/", {}, "body");
      response = co_await client.Send(std::move(request), DeadlineIn(std::chrono::seconds(60)));
    }
    co_return response;
  };
  return RunTask(run());
}

std::string TextOf(const Certificate& certificate) {
  return *ReadFile(certificate.file(), 1 << 20);
}

net::HttpClientOptions Trusting(const Certificate& certificate) {
  net::HttpClientOptions options;
  options.ca_file = certificate.file();
  options.connect_time = std::chrono::seconds(60);  // sanitizers are slow
  return options;
}

TEST(HttpClientTls, TrustsTheGivenAuthorityAndReusesTheConnection) {
  const Certificate certificate("DNS:localhost");
  ASSERT_TRUE(certificate.is_made());
  TlsServer server(certificate, "ok");
  const auto options = Trusting(certificate);
  net::HttpClient client(*net::ParseUrl(server.url("localhost")), options);
  const auto response = Ask(client, 3);
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->body, "ok");
  EXPECT_EQ(server.asked_for(), "localhost");
  EXPECT_EQ(server.handshakes(), 1);
}

TEST(HttpClientTls, VerifiesIpAddresses) {
  const Certificate certificate("IP:127.0.0.1");
  TlsServer server(certificate, "ok");
  const auto options = Trusting(certificate);
  net::HttpClient client(*net::ParseUrl(server.url("127.0.0.1")), options);
  EXPECT_TRUE(Ask(client).ok());
  EXPECT_EQ(server.asked_for(), "");
}

TEST(HttpClientTls, RejectsCertificatesOfOtherHosts) {
  const Certificate certificate("DNS:dynamodb.us-east-1.amazonaws.com");
  TlsServer server(certificate, "ok");
  const auto options = Trusting(certificate);
  for (const char* host : {"localhost", "127.0.0.1"}) {
    net::HttpClient client(*net::ParseUrl(server.url(host)), options);
    EXPECT_FALSE(Ask(client).ok()) << host;
  }
}

TEST(HttpClientTls, RejectsUnknownAuthorities) {
  const Certificate certificate("DNS:localhost");
  const Certificate other("DNS:localhost");
  TlsServer server(certificate, "ok");
  const auto options = Trusting(other);
  net::HttpClient client(*net::ParseUrl(server.url("localhost")), options);
  EXPECT_FALSE(Ask(client).ok());
  net::HttpClient by_system(*net::ParseUrl(server.url("localhost")));
  EXPECT_FALSE(Ask(by_system).ok());
}

// Several certificates with one name, as when an authority renews its key, and unrelated ones
// around them.
TEST(HttpClientTls, FindsTheAuthorityAmongMany) {
  const Certificate older("DNS:localhost");
  const Certificate certificate("DNS:localhost");
  TlsServer server(certificate, "ok");
  net::HttpClientOptions options;
  const std::string pem = "# a comment\n" + std::string(aws::RootCertificates()) + TextOf(older) +
                          TextOf(certificate) + std::string(aws::RootCertificates());
  options.ca_pem = pem;
  net::HttpClient client(*net::ParseUrl(server.url("localhost")), options);
  const auto response = Ask(client);
  EXPECT_TRUE(response.ok()) << response.error().message;
  options.ca_pem = aws::RootCertificates();
  net::HttpClient by_others(*net::ParseUrl(server.url("localhost")), options);
  EXPECT_FALSE(Ask(by_others).ok());
}

TEST(HttpClientTls, RejectsMalformedAuthorities) {
  const Certificate certificate("DNS:localhost");
  const std::string whole = TextOf(certificate);
  const std::string none = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  for (const std::string& pem : {std::string("nothing"), whole.substr(0, whole.size() / 2),
                                 whole + none, whole + whole.substr(0, whole.size() / 2)}) {
    net::HttpClientOptions options;
    options.ca_pem = pem;
    net::HttpClient client(*net::ParseUrl("https://127.0.0.1:1"), options);
    const auto response = Ask(client);
    ASSERT_FALSE(response.ok());
    EXPECT_NE(response.error().message.find("certificate authorities"), std::string::npos) << pem;
  }
}

TEST(HttpClientTls, ReportsAnUnreadableAuthorityFile) {
  net::HttpClientOptions options;
  options.ca_file = "/no/such/file";
  net::HttpClient client(*net::ParseUrl("https://127.0.0.1:1"), options);
  const auto response = Ask(client);
  ASSERT_FALSE(response.ok());
  EXPECT_NE(response.error().message.find("certificate authorities"), std::string::npos);
}

TEST(HttpClientTls, RejectsServersWithoutTls) {
  ScriptedServer server([](auto& socket, int) {
    ScriptedServer::Write(socket, "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
    ScriptedServer::WaitForEnd(socket);
  });
  net::HttpClient client(*net::ParseUrl("https://127.0.0.1:" + std::to_string(server.port())));
  EXPECT_FALSE(Ask(client).ok());
}

// The session tickets of TLS 1.3 arrive unsolicited and wait in the socket. They must not cause the
// client to drop the connection.
TEST(HttpClientTls, UsesAConnectionOpenedInAdvanceDespiteSessionTickets) {
  const Certificate certificate("DNS:localhost");
  TlsServer server(certificate, "ok");
  const auto options = Trusting(certificate);
  net::HttpClient client(*net::ParseUrl(server.url("localhost")), options);
  const auto run = [&]() -> Task<Result<net::IncomingResponse>> {
    const Status opened = co_await client.Open(DeadlineIn(std::chrono::seconds(60)));
    EXPECT_TRUE(opened.ok());
    // The server has sent the tickets when it has finished the handshake.
    EXPECT_TRUE(WaitUntil([&] { return server.handshakes() == 1; }));
    net::OutgoingRequest request("POST", "/", {}, "body");
    co_return co_await client.Send(std::move(request), DeadlineIn(std::chrono::seconds(60)));
  };
  EXPECT_TRUE(RunTask(run()).ok());
  EXPECT_EQ(server.version(), TLS1_3_VERSION);
  EXPECT_EQ(server.handshakes(), 1);
  EXPECT_EQ(client.statistics().connections, 1U);
}

}  // namespace
}  // namespace users::testing
