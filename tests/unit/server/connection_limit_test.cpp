// Which connection is closed for a new one when the server has as many connections as allowed.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <optional>
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

constexpr std::string_view kOfUnknownClient = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOfKnown = "GET /known HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOfOther = "GET /other HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kHeld = "GET /held HTTP/1.1\r\nHost: x\r\n\r\n";

// /known and /other have one caller each. /held waits until the test lets it respond.
class Handler final : public RequestHandler {
 public:
  Handler(std::atomic<int>& held, const std::atomic<bool>& may_respond)
      : held_(held), may_respond_(may_respond) {}

  Task<HttpResponse> Handle(const HttpRequest& request) override {
    HttpResponse response;
    if (request.head.path == "/known") response.caller_id = 1;
    if (request.head.path == "/other") response.caller_id = 2;
    if (request.head.path == "/held") {
      ++held_;
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
      while (!may_respond_) {
        timer.expires_after(milliseconds(1));
        co_await timer.async_wait(kUseTask);
      }
    }
    co_return response;
  }
  std::optional<HttpResponse> CheckHead(const HttpRequest&) override { return std::nullopt; }
  HttpResponse Reject(api::Response, const HttpRequest&) override { return {}; }

 private:
  std::atomic<int>& held_;
  const std::atomic<bool>& may_respond_;
};

class ConnectionLimitTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kMax = 8;  // 6 known ones, 2 of each caller

  explicit ConnectionLimitTest(std::size_t max_unknown_client_bytes = std::size_t{1} << 30) {
    HttpServerOptions options;
    options.listen = tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0);
    options.max_connections = kMax;
    options.max_unknown_client_bytes = max_unknown_client_bytes;
    options.head_time = std::chrono::minutes(10);  // so that no connection is closed for that
    auto server = HttpServer::Listen(options);
    if (server.ok()) server_ = std::move(*server);
    server_->Start([this] { return std::make_unique<Handler>(held_, may_respond_); });
  }
  ~ConnectionLimitTest() override {
    may_respond_ = true;
    server_->Drain(milliseconds(0));
  }

  // Returns an accepted connection. If `request` is not empty, the request has been served.
  tcp::socket Connect(std::string_view request = kOfUnknownClient) {
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
    return ReadsResponse(socket);
  }
  // Returns false at the end of the connection.
  static bool ReadsResponse(tcp::socket& socket) {
    std::string response;
    char byte = 0;
    boost::system::error_code error;
    while (!response.ends_with("\r\n\r\n")) {
      if (boost::asio::read(socket, boost::asio::buffer(&byte, 1), error) == 0) return false;
      response += byte;
    }
    return true;
  }

  boost::asio::io_context context_;
  std::atomic<int> held_{0};
  std::atomic<bool> may_respond_{false};
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ConnectionLimitTest, ClosesTheConnectionThatHasWaitedLongest) {
  std::vector<tcp::socket> all;
  for (std::size_t i = 0; i < kMax; ++i) all.push_back(Connect());
  EXPECT_TRUE(IsServed(all[0], kOfUnknownClient));  // so that the second has waited longest
  tcp::socket newcomer = Connect();
  EXPECT_FALSE(ReadsResponse(all[1]));
  EXPECT_TRUE(IsServed(newcomer, kOfUnknownClient));
  for (std::size_t i = 0; i < kMax; ++i) {
    if (i == 1) continue;
    EXPECT_TRUE(IsServed(all[i], kOfUnknownClient)) << i;
  }
  EXPECT_TRUE(WaitUntil([&] { return server_->connections() == kMax; }));
}

TEST_F(ConnectionLimitTest, ClosesSlowConnections) {
  std::vector<tcp::socket> slow;
  for (std::size_t i = 0; i < kMax; ++i) slow.push_back(Connect(""));
  for (tcp::socket& socket : slow) {
    boost::asio::write(socket, boost::asio::buffer(kOfUnknownClient.data(), 10));
  }
  std::vector<tcp::socket> newcomers;
  for (std::size_t i = 0; i < kMax; ++i) newcomers.push_back(Connect());
  for (tcp::socket& socket : slow) EXPECT_FALSE(ReadsResponse(socket));
}

TEST_F(ConnectionLimitTest, ClosesUnknownClientsBeforeKnownCallers) {
  std::vector<tcp::socket> known;
  for (const std::string_view request : {kOfKnown, kOfKnown, kOfOther, kOfOther}) {
    known.push_back(Connect(request));
  }
  EXPECT_EQ(server_->known_connections(), 4U);
  std::vector<tcp::socket> unknown;
  for (int i = 0; i < 30; ++i) unknown.push_back(Connect());
  EXPECT_TRUE(IsServed(known[0], kOfKnown));
  EXPECT_TRUE(IsServed(known[1], kOfKnown));
  EXPECT_TRUE(IsServed(known[2], kOfOther));
  EXPECT_TRUE(IsServed(known[3], kOfOther));
}

// One caller with many connections must not keep newcomers out.
TEST_F(ConnectionLimitTest, LimitsACallerToAQuarterOfTheKnownConnections) {
  std::vector<tcp::socket> greedy;
  for (std::size_t i = 0; i < kMax; ++i) greedy.push_back(Connect(kOfKnown));
  EXPECT_EQ(server_->known_connections(), kMax / 4);
  std::vector<tcp::socket> newcomers;
  for (std::size_t i = 0; i < kMax / 2; ++i) newcomers.push_back(Connect(""));
  for (tcp::socket& socket : newcomers) EXPECT_TRUE(IsServed(socket, kOfOther));
  EXPECT_EQ(server_->known_connections(), kMax / 2);
}

TEST_F(ConnectionLimitTest, CountsAConnectionAsKnownWhileItsRequestsAre) {
  tcp::socket known = Connect(kOfKnown);
  EXPECT_EQ(server_->known_connections(), 1U);
  EXPECT_TRUE(IsServed(known, kOfOther));
  EXPECT_EQ(server_->known_connections(), 1U);
  EXPECT_TRUE(IsServed(known, kOfUnknownClient));
  EXPECT_EQ(server_->known_connections(), 0U);
  EXPECT_TRUE(IsServed(known, kOfKnown));
  known.close();
  EXPECT_TRUE(WaitUntil([&] { return server_->known_connections() == 0; }));
}

class UnknownClientMemoryTest : public ConnectionLimitTest {
 protected:
  static constexpr std::size_t kMaxBytes = 64 << 10;
  UnknownClientMemoryTest() : ConnectionLimitTest(kMaxBytes) {}
};

// A head that has not ended yet, as large as it may be.
TEST_F(UnknownClientMemoryTest, ClosesTheConnectionThatHasWaitedLongest) {
  std::vector<tcp::socket> unknown;
  tcp::socket known = Connect(kOfKnown);
  const std::string half = "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(15'000, 'a');
  for (std::size_t i = 0; i < kMax - 2; ++i) {
    unknown.push_back(Connect(""));
    boost::asio::write(unknown.back(), boost::asio::buffer(half));
  }
  EXPECT_FALSE(ReadsResponse(unknown.front()));
  EXPECT_TRUE(WaitUntil([&] { return server_->unknown_client_bytes() <= kMaxBytes; }));
  EXPECT_TRUE(IsServed(unknown.back(), "\r\n\r\n"));
  EXPECT_TRUE(IsServed(known, kOfKnown));
  unknown.clear();
  EXPECT_TRUE(WaitUntil([&] { return server_->unknown_client_bytes() == 0; }));
}

TEST_F(ConnectionLimitTest, NeverClosesAConnectionThatIsBeingServed) {
  std::vector<tcp::socket> held;
  for (std::size_t i = 0; i < kMax; ++i) {
    held.push_back(Connect(""));
    boost::asio::write(held.back(), boost::asio::buffer(kHeld.data(), kHeld.size()));
  }
  ASSERT_TRUE(WaitUntil([&] { return held_ == static_cast<int>(kMax); }));
  for (int i = 0; i < 10; ++i) Connect();
  may_respond_ = true;
  for (tcp::socket& socket : held) EXPECT_TRUE(ReadsResponse(socket));
}

}  // namespace
}  // namespace users::server
