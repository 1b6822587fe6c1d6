// The connection to the store that a function opens while it starts.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "engines/dynamodb_tables.h"
#include "support/relay.h"
#include "support/running_function.h"
#include "support/tls_server.h"
#include "support/wait_until.h"

namespace users::testing {
namespace {

GatewayRequest GetNobody() {
  GatewayRequest request;
  request.path = "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV";
  request.path_parameters["userId"] = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  return request;
}

const std::string kNoItem = "{}";

// The environment that points a function to this server as its store.
FunctionEnvironment StoreAt(const TlsServer& server, const Certificate& certificate) {
  storage::dynamodb::TableNames tables;
  tables.users = "users";
  FunctionEnvironment environment = StoreEnvironment(server.url("localhost"), tables);
  environment["AWS_CA_BUNDLE"] = certificate.file();
  return environment;
}

TEST(PreparedConnection, IsOpenedBeforeTheFirstEventAndUsedByIt) {
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

// TLS 1.3 tickets stay unread in the socket until the first read.
TEST(PreparedConnection, WorksOverTls) {
  const Certificate certificate("DNS:localhost");
  TlsServer store(certificate, kNoItem);
  RunningFunction function("users_profile_get", StoreAt(store, certificate));
  EXPECT_TRUE(WaitUntil([&] { return store.handshakes() == 1; }));
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(store.version(), TLS1_3_VERSION);
  EXPECT_EQ(store.connections(), 1);
  EXPECT_EQ(function.End(), 1);
  EXPECT_EQ(function.process().errors(), "");
}

TEST(PreparedConnection, DelaysTheFirstEventButNotTheRequestForIt) {
  std::promise<void> offered;
  const Certificate certificate("DNS:localhost");
  TlsServer store(certificate, kNoItem, [&, future = offered.get_future().share()](int number) {
    if (number > 0) return true;
    future.wait();
    // Leaves time for a second connection, in case the event does not wait.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return true;
  });
  RunningFunction function("users_profile_get", StoreAt(store, certificate));
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  EXPECT_TRUE(WaitUntil([&] { return store.connections() == 1; }));
  EXPECT_EQ(store.handshakes(), 0);
  function.runtime().Offer(GatewayEventText(GetNobody()));
  offered.set_value();
  const auto report = function.runtime().WaitForReport(0);
  ASSERT_TRUE(report);
  EXPECT_EQ(ReadProxyResponse(report->body).status, 404) << report->body;
  EXPECT_EQ(store.connections(), 1);
}

TEST(PreparedConnection, IsReplacedIfItFails) {
  const Certificate certificate("DNS:localhost");
  TlsServer store(certificate, kNoItem, [](int number) { return number > 0; });
  RunningFunction function("users_profile_get", StoreAt(store, certificate));
  EXPECT_EQ(function.Invoke(GetNobody()).status, 404);
  EXPECT_EQ(store.handshakes(), 1);
  EXPECT_NE(function.process().output().find("not_prepared"), std::string::npos);
}

// The store accepts connections but never responds. The first event gets its response in time.
TEST(PreparedConnection, DelaysTheFirstEventUntilItsDeadlineAtMost) {
  const Certificate certificate("DNS:localhost");
  TlsServer store(certificate, kNoItem, [](int) { return false; });
  RunningFunction function("users_profile_get", StoreAt(store, certificate));
  EXPECT_TRUE(function.runtime().WaitForNext(1));
  FakeEvent event(GatewayEventText(GetNobody()));
  event.time = std::chrono::milliseconds(300);
  EXPECT_EQ(function.Invoke(event).status, 503);
  // The prepared connection was still pending then. It fails later.
  EXPECT_EQ(function.process().output().find("not_prepared"), std::string::npos);
}

}  // namespace
}  // namespace users::testing
