// The front door without routes, signatures and policies, which property_door tests.
#include "server/front_door.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "domain/role_catalogue.h"
#include "support/authenticator_fixture.h"
#include "support/run_task.h"

namespace users::server {
namespace {

using testing::SignableRequest;

// A library that throws, with the caller's data in the text.
class ThrowingStore final : public storage::TableStore {
 public:
  Task<Result<storage::TransactionResult>> TransactWrite(storage::Transaction, Deadline) override {
    throw std::runtime_error("ada@example.com");
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> Get(std::vector<storage::Key>,
                                                              Deadline) override {
    throw std::runtime_error("ada@example.com");
  }
  Task<Result<std::vector<std::optional<storage::Item>>>> GetEach(std::vector<storage::Key>,
                                                                  Deadline) override {
    throw std::runtime_error("ada@example.com");
  }
  Task<Result<storage::Page>> Query(storage::QueryRange, Deadline) override {
    throw std::runtime_error("ada@example.com");
  }
};

class FrontDoorTest : public testing::AuthenticatorTest {
 protected:
  FrontDoorTest() : door_(shared_) {}

  HttpResponse Send(const SignableRequest& request) {
    const net::RequestHead head = request.Head();
    const HttpRequest http{head, request.body, "192.0.2.7"};
    return testing::RunTask(door_.Handle(http));
  }
  static SignableRequest Unsigned(std::string path) {
    SignableRequest request;
    request.method = "GET";
    request.path = std::move(path);
    request.body = "";
    return request;
  }
  // Signed for the clock of the door, which is the system's.
  SignableRequest Signed(std::string path) {
    SignableRequest request = Unsigned(std::move(path));
    testing::Signing signing;
    signing.amz_date = aws::FormatAmzDate(clock_.Now());
    Sign(request, signing);
    return request;
  }

  FrontDoorOptions options_ = [] {
    FrontDoorOptions options;
    options.api_arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
    return options;
  }();
  ThrowingStore table_store_;
  const domain::RoleCatalogue roles_ =
      *domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
  UlidGenerator ids_{clock_};
  service::UserService users_{table_store_, roles_, ids_,
                              clock_,       log_,   service::UserServiceOptions()};
  Throttles throttles_{ThrottleOptions{1e-3, 4, 0, 1}};
  Metrics metrics_;
  RejectionLog unauthenticated_log_{log_, "unauthenticated"};
  RejectionLog throttled_log_{log_, "throttled"};
  const FrontDoor::Shared shared_{options_,      users_, *store_, throttles_,
                                  metrics_,      clock_, log_,    unauthenticated_log_,
                                  throttled_log_};
  FrontDoor door_;
};

TEST_F(FrontDoorTest, RespondsToAnExceptionAndLogsIt) {
  SignableRequest request = Signed("/users/01ARZ3NDEKTSV4RRFFQ69G5FAV");
  request.headers.emplace_back("X-Correlation-Id", "of-the-exception");
  const HttpResponse response = Send(request);
  EXPECT_EQ(response.status, 500);
  EXPECT_NE(response.body.find("\"details\":{}"), std::string::npos) << response.body;
  EXPECT_EQ(response.body.find("ada@example.com"), std::string::npos);
  const std::string log = sink_.text();
  EXPECT_NE(log.find("\"event\":\"exception\""), std::string::npos) << log;
  EXPECT_NE(log.find("runtime_error"), std::string::npos) << log;
  EXPECT_EQ(log.find("ada@example.com"), std::string::npos) << log;
  EXPECT_EQ(sink_.Count("of-the-exception"), 2U) << log;  // with the line of the request
}

TEST_F(FrontDoorTest, KnowsOnlyCallersThatThePolicyAllows) {
  EXPECT_NE(Send(Signed("/users/01ARZ3NDEKTSV4RRFFQ69G5FAV")).caller_id, 0U);
  EXPECT_EQ(Send(Signed("/nowhere")).caller_id, 0U);
  EXPECT_EQ(Send(Unsigned("/users")).caller_id, 0U);
}

// The head of a request with a body is checked before the body arrives, and again afterwards.
TEST_F(FrontDoorTest, TakesOneTokenForEachRejection) {
  const SignableRequest unsigned_request;
  const net::RequestHead head = unsigned_request.Head();
  const HttpRequest http{head, "", "192.0.2.7"};
  for (int i = 0; i < 4; ++i) {
    const auto rejected = door_.CheckHead(http);
    ASSERT_TRUE(rejected);
    EXPECT_EQ(rejected->status, 405);
  }
  EXPECT_EQ(door_.CheckHead(http)->status, 429);
  EXPECT_EQ(door_.Reject(api::BodyTooLarge(), http).status, 429);
  EXPECT_EQ(Send(Signed("/nowhere")).status, 429);
  EXPECT_EQ(Send(Signed("/users/01ARZ3NDEKTSV4RRFFQ69G5FAV")).status, 500);  // has a caller
}

TEST_F(FrontDoorTest, LogsNothingForAValidHead) {
  const SignableRequest request = Signed("/users");
  const net::RequestHead head = request.Head();
  const HttpRequest http{head, "", "192.0.2.7"};
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(door_.CheckHead(http));
  EXPECT_EQ(sink_.Count("\"event\":\"request\""), 0U);
}

TEST_F(FrontDoorTest, LogsTheClientAddressOfRejectedRequests) {
  EXPECT_EQ(Send(Unsigned("/users")).status, 401);
  EXPECT_EQ(sink_.Count(R"("address":"192.0.2.7")"), 1U) << sink_.text();
  EXPECT_EQ(sink_.Count(R"("reason":"no_signature")"), 1U) << sink_.text();
}

}  // namespace
}  // namespace users::server
