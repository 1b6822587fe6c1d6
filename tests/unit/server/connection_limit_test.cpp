// Which connection is closed for a new one when the server has as many connections as allowed.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/http_server.h"
#include "support/wait_until.h"

namespace users::server {
namespace {

using boost::asio::ip::tcp;
using std::chrono::milliseconds;
using users::testing::WaitUntil;

constexpr std::string_view kOfStranger = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOfKnown = "GET /known HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHeld = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";

// Knows who asks for /known, and answers /held once it may.
class Handler final : public RequestHandler {
 public:
  Handler(std::atomic<int>& held, const std::atomic<bool>& may_answer)
      : held_(held), may_answer_(may_answer) {}

  Task<HttpResponse> Handle(const HttpRequest& request) override {
    HttpResponse response;
    response.is_known_caller = request.head.path == "/known";
    if (request.head.path == "/held") {
      ++held_;
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      while (!may_answer_) {
        timer.expires_after(milliseconds(1));
        co_await timer.async_wait(kUseTask);
      }
    }
    co_return response;
  }
  HttpResponse Refuse(const Error&, const net::RequestHead&) override { return {}; }

 private:
  std::atomic<int>& held_;
  const std::atomic<bool>& may_answer_;
};

class ConnectionLimitTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kMost = 3;

  ConnectionLimitTest() {
    HttpServerOptions options;
    options.listen = tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0);
    options.most_connections = kMost;
    options.head_time = std::chrono::minutes(10);  // so that nobody goes for that
    auto server = HttpServer::Listen(options);
    if (server.ok()) server_ = std::move(*server);
    server_->Start([this] { return std::make_unique<Handler>(held_, may_answer_); });
  }
  ~ConnectionLimitTest() override {
    may_answer_ = true;
    server_->Drain(milliseconds(0));
  }

  // Returns an accepted connection. If `request` is not empty, the request has been served.
  tcp::socket Connect(std::string_view request = kOfStranger) {
    tcp::socket socket(context_);
    socket.connect(server_->endpoint());
    if (!request.empty()) {
      EXPECT_TRUE(IsServed(socket, request));
    }
    return socket;
  }
  static bool IsServed(tcp::socket& socket, std::string_view request) {
    boost::system::error_code error;
    boost::asio::write(socket, boost::asio::buffer(request.data(), request.size()), error);
    return ReadsAnswer(socket);
  }
  // Returns false at the end of the connection.
  static bool ReadsAnswer(tcp::socket& socket) {
    std::string answer;
    char byte = 0;
    boost::system::error_code error;
    while (!answer.ends_with("\r\n\r\n")) {
      if (boost::asio::read(socket, boost::asio::buffer(&byte, 1), error) == 0) return false;
      answer += byte;
    }
    return true;
  }

  boost::asio::io_context context_;
  std::atomic<int> held_{0};
  std::atomic<bool> may_answer_{false};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ConnectionLimitTest, TakesThePlaceOfWhoHasWaitedLongest) {
  tcp::socket a = Connect();
  tcp::socket b = Connect();
  tcp::socket c = Connect();
  EXPECT_TRUE(IsServed(a, kOfStranger));  // so that b has waited longest
  tcp::socket d = Connect();
  EXPECT_FALSE(ReadsAnswer(b));
  for (tcp::socket* socket : {&a, &c, &d}) EXPECT_TRUE(IsServed(*socket, kOfStranger));
  EXPECT_TRUE(WaitUntil([&] { return server_->connections() == kMost; }));
}

TEST_F(ConnectionLimitTest, TakesThePlaceOfWhoIsSlow) {
  tcp::socket a = Connect("");
  tcp::socket b = Connect("");
  tcp::socket c = Connect("");
  for (tcp::socket* socket : {&a, &b, &c}) {
    boost::asio::write(*socket, boost::asio::buffer(kOfStranger.data(), 10));
  }
  std::vector<tcp::socket> newcomers;
  for (std::size_t i = 0; i < kMost; ++i) newcomers.push_back(Connect());
  EXPECT_FALSE(ReadsAnswer(a));
  EXPECT_FALSE(ReadsAnswer(b));
  EXPECT_FALSE(ReadsAnswer(c));
}

TEST_F(ConnectionLimitTest, StrangersGoBeforeKnownCallers) {
  tcp::socket known = Connect(kOfKnown);
  tcp::socket other = Connect(kOfKnown);
  for (int i = 0; i < 10; ++i) Connect();
  std::vector<tcp::socket> strangers;
  for (int i = 0; i < 10; ++i) strangers.push_back(Connect());
  EXPECT_TRUE(IsServed(known, kOfStranger));
  EXPECT_TRUE(IsServed(other, kOfStranger));  // once known, known until the end
  tcp::socket third = Connect(kOfKnown);
  tcp::socket fourth = Connect(kOfKnown);
  EXPECT_FALSE(ReadsAnswer(known));  // there are only known callers left
  EXPECT_TRUE(IsServed(other, kOfKnown));
}

TEST_F(ConnectionLimitTest, NeverClosesAConnectionThatIsBeingServed) {
  std::vector<tcp::socket> held;
  for (std::size_t i = 0; i < kMost; ++i) {
    held.push_back(Connect(""));
    boost::asio::write(held.back(), boost::asio::buffer(kHeld.data(), kHeld.size()));
  }
  ASSERT_TRUE(WaitUntil([&] { return held_ == static_cast<int>(kMost); }));
  for (int i = 0; i < 10; ++i) Connect();
  may_answer_ = true;
  for (tcp::socket& socket : held) EXPECT_TRUE(ReadsAnswer(socket));
}

}  // namespace
}  // namespace users::server
