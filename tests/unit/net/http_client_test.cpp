#include "net/http_client.h"

#include <gtest/gtest.h>

#include <future>

#include "support/run_task.h"
#include "support/scripted_server.h"
#include "support/wait_until.h"

namespace users::testing {
namespace {

using net::HttpClient;
using net::HttpClientOptions;
using net::IncomingResponse;
using net::OutgoingRequest;

constexpr std::chrono::seconds kPatience{60};

net::Url UrlOf(const ScriptedServer& server) {
  return *net::ParseUrl("http://127.0.0.1:" + std::to_string(server.port()));
}

// Sends several requests in sequence on one io_context.
std::vector<Result<IncomingResponse>> SendAll(HttpClient& client, int count,
                                              Deadline deadline = DeadlineIn(kPatience)) {
  const auto run = [&]() -> Task<std::vector<Result<IncomingResponse>>> {
    std::vector<Result<IncomingResponse>> responses;
    for (int i = 0; i < count; ++i) {
      OutgoingRequest request("POST", "/" + std::to_string(i), {}, "body");
      auto response = co_await client.Send(std::move(request), deadline);
      responses.push_back(std::move(response));
    }
    co_return responses;
  };
  return RunTask(run());
}

// Responds to every request of a connection.
void Serve(ScriptedServer::Socket& socket) {
  while (!ScriptedServer::ReadRequest(socket).empty()) {
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "ok"));
  }
}

TEST(HttpClient, ReusesTheConnection) {
  ScriptedServer server([](auto& socket, int) { Serve(socket); });
  HttpClient client(UrlOf(server));
  for (const auto& response : SendAll(client, 5)) {
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->body, "ok");
  }
  EXPECT_EQ(client.statistics().connections, 1U);
  EXPECT_EQ(client.statistics().requests, 5U);
}

TEST(HttpClient, KeepsConnectionsPerIoContext) {
  ScriptedServer server([](auto& socket, int) { Serve(socket); });
  HttpClient client(UrlOf(server));
  EXPECT_TRUE(SendAll(client, 2)[1].ok());
  EXPECT_TRUE(SendAll(client, 2)[1].ok());
  EXPECT_EQ(client.statistics().connections, 2U);
}

TEST(HttpClient, ServesManyThreads) {
  ScriptedServer server([](auto& socket, int) { Serve(socket); });
  HttpClient client(UrlOf(server));
  std::atomic<int> good{0};
  RunTogether(32, 4, [&](int) -> Task<void> {
    for (int i = 0; i < 10; ++i) {
      OutgoingRequest request("GET", "/");
      const auto response = co_await client.Send(std::move(request), DeadlineIn(kPatience));
      if (response.ok() && response->status == 200) ++good;
    }
  });
  EXPECT_EQ(good, 320);
  EXPECT_LE(client.statistics().connections, 32U);
}

TEST(HttpClient, HonoursConnectionClose) {
  ScriptedServer server([](auto& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "ok", "Connection: close\r\n"));
  });
  HttpClient client(UrlOf(server));
  for (const auto& response : SendAll(client, 3)) EXPECT_TRUE(response.ok());
  EXPECT_EQ(server.connections(), 3);
}

TEST(HttpClient, ReplacesAConnectionClosedBeforeTheResponse) {
  // The first connection reads the second request and closes without sending a byte.
  ScriptedServer server([](auto& socket, int number) {
    if (number > 0) return Serve(socket);
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "ok"));
    ScriptedServer::ReadRequest(socket);
  });
  HttpClient client(UrlOf(server));
  for (const auto& response : SendAll(client, 3)) {
    EXPECT_TRUE(response.ok()) << response.error().message;
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, ReportsANewConnectionClosedBeforeTheResponse) {
  ScriptedServer server([](auto& socket, int) { ScriptedServer::ReadRequest(socket); });
  HttpClient client(UrlOf(server));
  const auto responses = SendAll(client, 1);
  ASSERT_FALSE(responses[0].ok());
  EXPECT_EQ(responses[0].error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, DoesNotRetryATruncatedResponse) {
  ScriptedServer server([](auto& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "ok"));
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  });
  HttpClient client(UrlOf(server));
  const auto responses = SendAll(client, 2);
  EXPECT_TRUE(responses[0].ok());
  ASSERT_FALSE(responses[1].ok());
  EXPECT_NE(responses[1].error().message.find("cut off"), std::string::npos);
  EXPECT_EQ(server.connections(), 1);
}

TEST(HttpClient, DiscardsIdleConnectionsThatTheServerClosed) {
  std::promise<void> closed;
  ScriptedServer server([&](auto& socket, int number) {
    if (number > 0) return Serve(socket);
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, "ok"));
    boost::system::error_code ignored;
    socket.close(ignored);
    closed.set_value();
  });
  HttpClient client(UrlOf(server));
  const auto run = [&]() -> Task<bool> {
    OutgoingRequest first("GET", "/");
    const auto one = co_await client.Send(std::move(first), DeadlineIn(kPatience));
    closed.get_future().wait();
    OutgoingRequest second("GET", "/");
    const auto two = co_await client.Send(std::move(second), DeadlineIn(kPatience));
    co_return one.ok() && two.ok();
  };
  EXPECT_TRUE(RunTask(run()));
}

TEST(HttpClient, StopsWaitingAtTheReadTimeOutOrTheDeadline) {
  ScriptedServer server([](auto& socket, int) { ScriptedServer::WaitForEnd(socket); });
  HttpClientOptions options;
  options.read_time = std::chrono::milliseconds(50);
  HttpClient quick(UrlOf(server), options);
  const auto by_read_time = SendAll(quick, 1);
  ASSERT_FALSE(by_read_time[0].ok());
  // The server may not have accepted the connection yet.
  EXPECT_TRUE(WaitUntil([&] { return server.connections() == 1; }));

  options.read_time = kPatience;
  HttpClient patient(UrlOf(server), options);
  const auto by_deadline = SendAll(patient, 2, DeadlineIn(std::chrono::milliseconds(50)));
  EXPECT_FALSE(by_deadline[0].ok());
  EXPECT_FALSE(by_deadline[1].ok());
  EXPECT_TRUE(WaitUntil([&] { return server.connections() >= 2; }));
  EXPECT_EQ(server.connections(), 2) << "retried after a time-out, or sent after the deadline";
}

TEST(HttpClient, AbandonsASlowResponseAtTheDeadline) {
  ScriptedServer server([](auto& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, "HTTP/1.1 200 OK\r\nA: ");
    boost::system::error_code error;
    while (!error) {  // a header line that never ends, each byte well within the read time
      boost::asio::write(socket, boost::asio::buffer("x", 1), error);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  });
  HttpClient client(UrlOf(server));
  EXPECT_FALSE(SendAll(client, 1, DeadlineIn(std::chrono::milliseconds(100)))[0].ok());
}

TEST(HttpClient, ReportsUnreachableServers) {
  unsigned short port = 0;
  {
    const ScriptedServer gone([](auto&, int) {});
    port = gone.port();
  }
  HttpClient client(*net::ParseUrl("http://127.0.0.1:" + std::to_string(port)));
  EXPECT_FALSE(SendAll(client, 1)[0].ok());
  HttpClient nowhere(*net::ParseUrl("http://no-such-host.invalid"));
  const auto response = SendAll(nowhere, 1, DeadlineIn(std::chrono::seconds(2)));
  ASSERT_FALSE(response[0].ok());
  EXPECT_EQ(response[0].error().code, ErrorCode::kUnavailable);
}

TEST(HttpClient, ResolvesHostNames) {
  ScriptedServer server([](auto& socket, int) { Serve(socket); });
  HttpClient client(*net::ParseUrl("http://localhost:" + std::to_string(server.port())));
  const auto responses = SendAll(client, 1);
  EXPECT_TRUE(responses[0].ok()) << responses[0].error().message;
}

TEST(HttpClient, RejectsOversizedResponses) {
  ScriptedServer server([](auto& socket, int) {
    ScriptedServer::ReadRequest(socket);
    ScriptedServer::Write(socket, ScriptedServer::Response(200, std::string(1000, 'x')));
    ScriptedServer::WaitForEnd(socket);
  });
  HttpClientOptions options;
  options.limits.max_body_bytes = 999;
  HttpClient client(UrlOf(server), options);
  EXPECT_FALSE(SendAll(client, 1)[0].ok());
}

// Opens a connection, waits for the server's signal, and sends requests.
std::vector<Result<IncomingResponse>> OpenAndSend(HttpClient& client, std::future<void> when,
                                                  int count) {
  const auto run = [&]() -> Task<std::vector<Result<IncomingResponse>>> {
    const Status opened = co_await client.Open(DeadlineIn(kPatience));
    EXPECT_TRUE(opened.ok());
    when.wait();
    std::vector<Result<IncomingResponse>> responses;
    for (int i = 0; i < count; ++i) {
      OutgoingRequest request("POST", "/", {}, "body");
      auto response = co_await client.Send(std::move(request), DeadlineIn(kPatience));
      responses.push_back(std::move(response));
    }
    co_return responses;
  };
  return RunTask(run());
}

TEST(HttpClient, UsesAConnectionOpenedInAdvance) {
  std::promise<void> connected;
  ScriptedServer server([&](auto& socket, int number) {
    if (number == 0) connected.set_value();
    Serve(socket);
  });
  HttpClient client(UrlOf(server));
  for (const auto& response : OpenAndSend(client, connected.get_future(), 2)) {
    EXPECT_TRUE(response.ok());
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(client.statistics().connections, 1U);
}

TEST(HttpClient, ReplacesAClosedConnectionOpenedInAdvance) {
  std::promise<void> closed;
  ScriptedServer server([&](auto& socket, int number) {
    if (number > 0) return Serve(socket);
    socket.close();
    closed.set_value();
  });
  HttpClient client(UrlOf(server));
  EXPECT_TRUE(OpenAndSend(client, closed.get_future(), 1)[0].ok());
  EXPECT_EQ(server.connections(), 2);
}

TEST(HttpClient, ReportsUnreachableServersOnOpen) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string url = "http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  acceptor.close();
  HttpClient client(*net::ParseUrl(url));
  const Status opened = RunTask(client.Open(DeadlineIn(kPatience)));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace users::testing
