// The connection to the store that a function prepares while it starts.
#include <gtest/gtest.h>

#include <boost/asio/ssl/stream.hpp>
#include <functional>
#include <future>
#include <thread>

#include "engines/dynamodb_tables.h"
#include "support/certificate.h"
#include "support/relay.h"
#include "support/running_function.h"

namespace users::testing {
namespace {

namespace asio = boost::asio;

GatewayRequest GetNobody() {
  GatewayRequest request;
  request.path = "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV";
  request.path_parameters["userId"] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  return request;
}

// False after a time that no healthy run needs.
bool WaitUntil(const std::function<bool()>& is_so) {
  for (int i = 0; i < 6'000; ++i) {
    if (is_so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// A store without items, by TLS.
class TlsStore {
 public:
  // `before` is called with the number of each connection before its handshake; where it says
  // false, there is none until the client gives up.
  explicit TlsStore(std::function<bool(int)> before)
      : before_(std::move(before)),
        context_(asio::ssl::context::tls_server),
        server_([this](auto& socket, int number) { Serve(socket, number); }) {
    context_.use_certificate_chain_file(certificate_.file());
    context_.use_private_key_file(certificate_.key_file(), asio::ssl::context::pem);
  }

  FunctionEnvironment Environment() const {
    storage::dynamodb::TableNames tables;
    tables.users = "users";
    FunctionEnvironment environment =
        StoreEnvironment("https://localhost:" + std::to_string(server_.port()), tables);
    environment["AWS_CA_BUNDLE"] = certificate_.file();
    return environment;
  }
  int connections() const { return server_.connections(); }
  int handshakes() const { return handshakes_; }
  int version() const { return version_; }

 private:
  void Serve(ScriptedServer::Socket& socket, int number) {
    if (!before_(number)) return ScriptedServer::WaitForEnd(socket);
    asio::ssl::stream<ScriptedServer::Socket&> stream(socket, context_);
    boost::system::error_code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    if (error) return;
    version_ = ::SSL_version(stream.native_handle());
    ++handshakes_;
    while (!ScriptedServer::ReadRequest(stream).empty()) {
      ScriptedServer::Write(stream, ScriptedServer::Answer(200, "{}"));
    }
  }

  const std::function<bool(int)> before_;
  const Certificate certificate_{"DNS:localhost"};
  asio::ssl::context context_;
  std::atomic<int> handshakes_{0};
  std::atomic<int> version_{0};
  ScriptedServer server_;
};

TEST(PreparedConnection, IsOpenedWithoutAnEventAndUsedByTheFirst) {
  const EngineProcess& engine = SharedEngine("dynoxide");
  const DynamoDbTables tables(engine);
  Relay relay(engine.port());
  RunningFunction function("users_profile_get", StoreEnvironment(relay.url(), tables.names()));
  EXPECT_TRUE(WaitUntil([&] { return relay.connections() == 1; }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(relay.connections(), 1);
  EXPECT_EQ(function.End(), 1);
  EXPECT_EQ(function.process().errors(), "");
}

// The tickets of TLS 1.3 wait unread in the socket meanwhile.
TEST(PreparedConnection, IsUsedOverTlsToo) {
  TlsStore store([](int) { return true; });
  RunningFunction function("users_profile_get", store.Environment());
  EXPECT_TRUE(WaitUntil([&] { return store.handshakes() == 1; }));
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(store.version(), TLS1_3_VERSION);
  EXPECT_EQ(store.connections(), 1);
  EXPECT_EQ(function.End(), 1);
  EXPECT_EQ(function.process().errors(), "");
}

TEST(PreparedConnection, IsWaitedForByTheFirstEventAndNotByNext) {
  std::promise<void> offered;
  TlsStore store([&, future = offered.get_future().share()](int number) {
    if (number > 0) return true;
    future.wait();
    // Time for a second connection, should the event not wait.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return true;
  });
  RunningFunction function("users_profile_get", store.Environment());
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  EXPECT_TRUE(WaitUntil([&] { return store.connections() == 1; }));
  EXPECT_EQ(store.handshakes(), 0);
  function.runtime().Offer(GatewayEventText(GetNobody()));
  offered.set_value();
  const auto report = function.runtime().WaitForReport(0);
  ASSERT_TRUE(report);
  EXPECT_EQ(ReadProxyAnswer(report->body).status, 404) << report->body;
  EXPECT_EQ(store.connections(), 1);
}

TEST(PreparedConnection, ThatFailsIsReplaced) {
  TlsStore store([](int number) { return number > 0; });
  RunningFunction function("users_profile_get", store.Environment());
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(store.handshakes(), 1);
  EXPECT_NE(function.process().output().find("not_prepared"), std::string::npos);
}

// A store that takes connections and says nothing: the first event is told in time.
TEST(PreparedConnection, IsWaitedForUntilTheDeadlineAtMost) {
  TlsStore store([](int) { return false; });
  RunningFunction function("users_profile_get", store.Environment());
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  FakeEvent event(GatewayEventText(GetNobody()));
  event.time = std::chrono::milliseconds(300);
  EXPECT_EQ(function.Invoke(event).status, 503);
  // The connection that was prepared was still waited for then, and is given up later.
  EXPECT_EQ(function.process().output().find("not_prepared"), std::string::npos);
}

}  // namespace
}  // namespace users::testing
