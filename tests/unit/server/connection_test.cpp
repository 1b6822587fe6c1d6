// What a connection reads over loopback: heads and bodies in pieces, and requests in sequence.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/async/timer.h"
#include "server/http_server.h"
#include "support/wait_until.h"

namespace users::server {
namespace {

using boost::asio::ip::tcp;

// Responds with what it understood.
class Echo final : public RequestHandler {
 public:
  Task<HttpResponse> Handle(const HttpRequest& request) override {
    HttpResponse response;
    response.body = std::string(request.head.method) + " " + std::string(request.head.path) + " " +
                    std::string(request.head.query) + " " + std::string(request.body);
    co_return response;
  }
  // Requests for /rejected are rejected before their body.
  std::optional<HttpResponse> CheckHead(const HttpRequest& request) override {
    EXPECT_TRUE(request.body.empty());
    if (request.head.path != "/rejected") return std::nullopt;
    HttpResponse response;
    response.status = 401;
    response.body = "rejected";
    return response;
  }
  HttpResponse Reject(api::Response rejection, const HttpRequest&) override {
    HttpResponse response;
    response.status = rejection.status;
    response.body = "rejected";
    return response;
  }
};

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    HttpServerOptions options;
    options.listen = tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0);
    options.max_body_bytes = 1000;
    options.body_time = std::chrono::seconds(5);  // a test that waits for a body ends
    options.linger_time = std::chrono::milliseconds(100);
    auto server = HttpServer::Listen(options);
    if (server.ok()) server_ = std::move(*server);
    server_->Start([] { return std::make_unique<Echo>(); });
  }
  ~ConnectionTest() override { server_->Drain(std::chrono::milliseconds(0)); }

  tcp::socket Connect() {
    tcp::socket socket(context_);
    socket.connect(server_->endpoint());
    return socket;
  }
  static void Send(tcp::socket& socket, std::string_view bytes) {
    boost::system::error_code ignored;  // a rejection may close it before all is sent
    boost::asio::write(socket, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
  }
  // Reads one response, head and body.
  static std::string Receive(tcp::socket& socket) {
    std::string response;
    char byte = 0;
    boost::system::error_code error;
    while (!response.ends_with("\r\n\r\n") && !error) {
      if (boost::asio::read(socket, boost::asio::buffer(&byte, 1), error) == 1) response += byte;
    }
    const std::size_t at = response.find("Content-Length: ");
    if (at == response.npos) return response;
    std::string body(std::stoul(response.substr(at + 16)), '\0');
    body.resize(boost::asio::read(socket, boost::asio::buffer(body), error));
    return response + body;
  }
  static std::string BodyOf(const std::string& response) {
    const std::size_t end = response.find("\r\n\r\n");
    return end == response.npos ? "no response" : response.substr(end + 4);
  }

  boost::asio::io_context context_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ConnectionTest, ServesRequestsInSequence) {
  tcp::socket socket = Connect();
  for (int i = 0; i < 3; ++i) {
    Send(socket, "PUT /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    EXPECT_EQ(BodyOf(Receive(socket)), "PUT /a b abc");
  }
}

TEST_F(ConnectionTest, ServesPipelinedRequests) {
  tcp::socket socket = Connect();
  Send(socket,
       "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
       "PUT /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
       "PUT /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
       "chunked\r\n\r\n1\r\nh\r\n1\r\no\r\n0\r\n\r\n"
       "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(Receive(socket)), "GET /1  ");
  EXPECT_EQ(BodyOf(Receive(socket)), "PUT /2  hi");
  EXPECT_EQ(BodyOf(Receive(socket)), "PUT /3  ho");
  EXPECT_EQ(BodyOf(Receive(socket)), "GET /4  ");
}

TEST_F(ConnectionTest, ServesRequestsThatArriveByteByByte) {
  tcp::socket socket = Connect();
  socket.set_option(tcp::no_delay(true));
  for (const std::string_view request :
       {"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
        "PUT /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\ndef\r\n0\r\nT: "
        "y\r\n\r\n"}) {
    for (const char c : request) Send(socket, std::string_view(&c, 1));
    EXPECT_EQ(BodyOf(Receive(socket)).substr(0, 5), request.substr(0, 5));
  }
}

// The buffer grows between two requests, so nothing may point to its old location.
TEST_F(ConnectionTest, RejectsALongMalformedRequestAfterAValidOne) {
  for (const std::string_view method : {"POST", "HEAD", "PUT", "DELETE"}) {
    tcp::socket socket = Connect();
    Send(socket, std::string(method) + " /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    if (method == "HEAD") {
      // The response to HEAD has no body.
      std::string response(10'000, '\0');
      ASSERT_GT(socket.read_some(boost::asio::buffer(response)), 0U);
    } else {
      ASSERT_EQ(BodyOf(Receive(socket)), std::string(method) + " /a  ");
    }
    Send(socket, std::string(10'000, 'a') + "\r\nHost: x\r\n\r\n");
    const std::string response = Receive(socket);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 400 ")) << method << ": " << response;
    EXPECT_EQ(BodyOf(response), "rejected") << method;
  }
}

TEST_F(ConnectionTest, DoesNotReadTheBodyOfARejectedHead) {
  for (const std::string_view framing : {"Content-Length: 1000", "Transfer-Encoding: chunked",
                                         "Content-Length: 1000\r\nExpect: 100-continue"}) {
    tcp::socket socket = Connect();
    Send(socket, "PUT /rejected HTTP/1.1\r\nHost: x\r\n" + std::string(framing) + "\r\n\r\n");
    const std::string response = Receive(socket);
    EXPECT_TRUE(response.starts_with("HTTP/1.1 401 ")) << response;
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
  }
}

TEST_F(ConnectionTest, SkipsTheBodyOfARejectedHeadThatHasArrived) {
  tcp::socket socket = Connect();
  Send(socket,
       "PUT /rejected HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
       "PUT /rejected HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
       "PUT /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\ndef");
  EXPECT_EQ(BodyOf(Receive(socket)), "rejected");
  EXPECT_EQ(BodyOf(Receive(socket)), "rejected");
  EXPECT_EQ(BodyOf(Receive(socket)), "PUT /a b def");
}

// The form of a request is checked before its signature.
TEST_F(ConnectionTest, RejectsMalformedChunksBeforeItRejectsTheirHead) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"x\r\n", "HTTP/1.1 400 "},
                                                                 {"7fffffff\r\n", "HTTP/1.1 413 "}};
  for (const auto& [chunk, status] : cases) {
    tcp::socket socket = Connect();
    Send(socket, "PUT /rejected HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                     std::string(chunk));
    const std::string response = Receive(socket);
    EXPECT_TRUE(response.starts_with(status)) << response;
  }
}

TEST_F(ConnectionTest, RejectsOversizedAndMalformedRequests) {
  const std::pair<std::string, std::string_view> cases[] = {
      {"GET /" + std::string(20'000, 'a'), "HTTP/1.1 431 "},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a'), "HTTP/1.1 431 "},
      {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 "},
      {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n", "HTTP/1.1 413 "},
      {"GET / HTTP/1.1\nHost: x\n\n", "HTTP/1.1 400 "},
  };
  for (const auto& [request, status] : cases) {
    tcp::socket socket = Connect();
    Send(socket, request);
    const std::string response = Receive(socket);
    EXPECT_TRUE(response.starts_with(status)) << response.substr(0, 50);
    EXPECT_NE(response.find("Connection: close\r\n"), std::string::npos);
  }
}

// Responds to /hang and /stuck only when the test allows it. /hang can be timed out, /stuck cannot.
class Hanging final : public RequestHandler {
 public:
  explicit Hanging(const std::atomic<bool>& may_respond, std::atomic<int>& ended)
      : may_respond_(may_respond), ended_(ended) {}

  Task<HttpResponse> Handle(const HttpRequest& request) override {
    Late late;
    HttpResponse response;
    response.body = "in time from " + std::string(request.client_address);
    if (request.head.path == "/now") co_return response;
    if (request.head.path == "/hang") request.pending = &late;
    while (!may_respond_) co_await SleepUntil(DeadlineIn(std::chrono::milliseconds(1)));
    ++ended_;
    co_return response;
  }
  std::optional<HttpResponse> CheckHead(const HttpRequest&) override { return std::nullopt; }
  HttpResponse Reject(api::Response, const HttpRequest&) override { return {}; }

 private:
  struct Late final : PendingResponse {
    HttpResponse TimeOut() override {
      HttpResponse response;
      response.status = 503;
      response.body = "too late";
      return response;
    }
  };
  const std::atomic<bool>& may_respond_;
  std::atomic<int>& ended_;
};

class TimedOutConnection : public ConnectionTest {
 protected:
  TimedOutConnection() {
    HttpServerOptions options;
    options.listen = tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0);
    options.response_time = std::chrono::milliseconds(50);
    options.linger_time = std::chrono::milliseconds(50);
    auto server = HttpServer::Listen(options);
    if (server.ok()) server_ = std::move(*server);
    server_->Start([this] { return std::make_unique<Hanging>(may_respond_, ended_); });
  }
  ~TimedOutConnection() override {
    may_respond_ = true;
    server_->Drain(std::chrono::milliseconds(0));
  }

  std::atomic<bool> may_respond_{false};
  std::atomic<int> ended_{0};
};

TEST_F(TimedOutConnection, GetsItsResponseWhileTheHandlerHangs) {
  tcp::socket socket = Connect();
  Send(socket, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string response = Receive(socket);
  EXPECT_TRUE(response.starts_with("HTTP/1.1 503 ")) << response;
  EXPECT_NE(response.find("Connection: close\r\n"), response.npos);
  EXPECT_EQ(BodyOf(response), "too late");
  EXPECT_EQ(Receive(socket), "") << "the connection ends with the response";
  EXPECT_EQ(ended_, 0);
  tcp::socket other = Connect();
  Send(other, "GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(Receive(other)), "in time from 127.0.0.1");
  may_respond_ = true;
  EXPECT_TRUE(users::testing::WaitUntil([&] { return server_->connections() == 1; }));
}

TEST_F(TimedOutConnection, IsClosedIfTheHandlerHasNoResponse) {
  tcp::socket socket = Connect();
  Send(socket, "GET /stuck HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(Receive(socket), "");
}

TEST_F(TimedOutConnection, SurvivesAnEarlierEndOfTheServer) {
  tcp::socket socket = Connect();
  Send(socket, "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(BodyOf(Receive(socket)), "too late");
  EXPECT_FALSE(server_->Drain(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace users::server
