// Events that API Gateway never sends, to the real functions. Each gets an error of the contract,
// nothing is changed, and the next valid event works.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/sha256.h"
#include "base/text/text.h"
#include "engines/dynamodb_tables.h"
#include "engines/scan.h"
#include "support/running_function.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

struct HostileEvent {
  std::string what;
  std::string text;
  int status;  // of the response
};

// An operation and a valid request for it. `{id}` is replaced by a user id.
struct Operation {
  std::string name;
  std::string method;
  std::string path;
  std::string body;  // empty if the operation takes none
  std::string role;
  int status;  // of the response to the valid request
};

void PrintTo(const Operation& operation, std::ostream* out) {
  *out << operation.name;
}

const Operation kOperations[] = {
    {"users_register_create", "POST", "/users",
     R"({"idempotencyKey":"k2","email":"grace@example.com","name":"Grace"})", "", 201},
    {"users_profile_get", "GET", "/users/{id}", "", "", 200},
    {"users_profile_update", "PATCH", "/users/{id}", R"({"idempotencyKey":"k3","name":"Ada L."})",
     "", 200},
    {"users_status_update", "PUT", "/users/{id}/status", R"({"status":"disabled"})", "", 200},
    {"users_role_assign", "POST", "/users/{id}/roles", R"({"role":"viewer"})", "", 200},
    {"users_role_remove", "DELETE", "/users/{id}/roles/viewer", "", "viewer", 404},
    {"users_list_query", "GET", "/users", "", "", 200},
    {"users_audit_query", "GET", "/users/{id}/audit", "", "", 200},
};

GatewayRequest GoodRequest(const Operation& operation, const std::string& user_id) {
  std::string path = operation.path;
  GatewayRequest request;
  if (const std::size_t at = path.find("{id}"); at != path.npos) {
    path.replace(at, 4, user_id);
    request.path_parameters["userId"] = user_id;
  }
  if (!operation.role.empty()) request.path_parameters["role"] = operation.role;
  request.method = operation.method;
  request.path = path;
  request.body = operation.body;
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Host", "users.example.com");
  return request;
}

std::string With(bj::object event, const std::string& member, bj::value value) {
  event[member] = std::move(value);
  return bj::serialize(event);
}

std::string WithIdentity(bj::object event, bj::value identity) {
  event["requestContext"].as_object()["identity"] = std::move(identity);
  return bj::serialize(event);
}

std::string PercentEncoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    const std::uint8_t byte[] = {static_cast<std::uint8_t>(c)};
    encoded += "%" + ToHex(byte);
  }
  return encoded;
}

// Events that are malformed or name no caller.
void AddWithoutCaller(const bj::object& good, std::vector<HostileEvent>& events) {
  const std::string deep = std::string(100'000, '[');
  for (const std::string& text :
       {std::string(), std::string("garbage"), std::string("null"), std::string("[]"),
        std::string("5"), std::string("\"{}\""), std::string("{\"a\":1"), std::string("{}{}"),
        std::string("\xFF\xFE"), std::string("{\"\xC3\":1}"), std::string("\0\0\0", 3),
        std::string(R"({"body":"\ud800"})"), deep, R"({"requestContext":)" + deep,
        bj::serialize(good) + "x"}) {
    events.push_back({"no event: " + text.substr(0, 20), text, 400});
  }
  events.push_back({"{}", "{}", 401});
  events.push_back({"a number out of range", R"({"a":1e999})", 401});
  bj::object pretending = good;
  bj::object headers;
  for (const char* name : {"userArn", "X-User-Arn", "X-Amzn-Iam-Principal", "X-Forwarded-User",
                           "requestContext.identity.userArn", "Authorization"}) {
    headers[name] = {GatewayRequest().user_arn};
  }
  pretending["multiValueHeaders"] = headers;
  pretending["headers"] = headers;
  pretending["userArn"] = GatewayRequest().user_arn;
  for (const bj::object& event : {good, pretending}) {
    for (const bj::value& value :
         bj::array{nullptr, 5, true, "text", bj::array(), bj::object(), bj::array{bj::object()}}) {
      events.push_back({"context", With(event, "requestContext", value), 401});
      events.push_back({"identity", WithIdentity(event, value), 401});
      if (value == "text") continue;
      events.push_back({"userArn", WithIdentity(event, {{"userArn", value}}), 401});
    }
    events.push_back({"empty userArn", WithIdentity(event, {{"userArn", ""}}), 401});
    std::string twice = bj::serialize(event);
    twice.insert(twice.size() - 1, R"(,"requestContext":null)");
    events.push_back({"two contexts, the last is null", twice, 401});
  }
}

void AddBodies(const Operation& operation, const bj::object& good,
               std::vector<HostileEvent>& events) {
  const bool takes_body = !operation.body.empty();
  const auto encoded = [&](const std::string& body) {
    bj::object event = good;
    event["isBase64Encoded"] = true;
    return With(std::move(event), "body", bj::string(body));
  };
  for (const std::size_t size : {std::size_t{65'537}, std::size_t{7} << 20}) {
    events.push_back({"a large body", With(good, "body", bj::string(size, ' ')), 413});
  }
  events.push_back(
      {"a large body in base 64", encoded(EncodeBase64(std::string(65'537, ' '))), 413});
  for (const char* broken : {"e30", "e30=x", "****", "e3 0=", "e31="}) {
    events.push_back({"broken base 64", encoded(broken), 400});
  }
  events.push_back({"no UTF-8", encoded(EncodeBase64("{\"name\":\"\xC3\x28\"}")), 400});
  events.push_back({"a surrogate", encoded(EncodeBase64(R"({"name":"\ud800"})")), 400});
  events.push_back({"text for truth",
                    [&] {
                      bj::object event = good;
                      event["isBase64Encoded"] = "true";
                      return With(std::move(event), "body", "e30=");
                    }(),
                    400});
  const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
  for (const std::string& body :
       {std::string("x"), std::string("null"), std::string("[]"), std::string("{} {}"), deep,
        std::string(R"({"idempotencyKey":"a","idempotencyKey":"b","email":"x@x.org","name":"X",)"
                    R"("status":"disabled","role":"viewer"})"),
        std::string(R"({"idempotencyKey":5,"email":[],"name":{},"status":null,"role":true})")}) {
    events.push_back({"body " + body.substr(0, 30), With(good, "body", bj::string(body)), 400});
  }
  if (!takes_body) return;
  for (const bj::value& value :
       bj::array{nullptr, "", 5, false, bj::array{"x"}, bj::object{{"name", "X"}}}) {
    events.push_back({"no body", With(good, "body", value), 400});
  }
}

// Path parameters that name another user, another role or no user.
void AddPaths(const Operation& operation, const bj::object& good, const std::string& user_id,
              std::vector<HostileEvent>& events) {
  const auto* parameters = good.at("pathParameters").if_object();
  if (parameters == nullptr) return;
  const auto replaced = [&](const char* name, bj::value value) {
    bj::object changed = *parameters;
    changed[name] = std::move(value);
    return With(good, "pathParameters", std::move(changed));
  };
  for (const bj::value& value :
       bj::array{nullptr, 5, true, "", "%", "%zz", "..", ".", "a/b", "../" + user_id, user_id + "/",
                 user_id + "%00", " " + user_id, PercentEncoded(user_id), LowerAscii(user_id),
                 std::string(100'000, 'A'), bj::array{user_id}, bj::object{{"userId", user_id}}}) {
    events.push_back({"userId", replaced("userId", value), 404});
  }
  events.push_back({"NUL", replaced("userId", bj::string(user_id + std::string("\0", 1))), 404});
  for (const bj::value& value : bj::array{nullptr, 5, "text", bj::array(), bj::object()}) {
    events.push_back({"parameters", With(good, "pathParameters", value), 404});
  }
  if (operation.role.empty()) return;
  for (const bj::value& value :
       bj::array{nullptr, 5, "", "%76iewer", "viewer/", "../admin", bj::string("viewer\0", 7)}) {
    events.push_back({"role", replaced("role", value), 404});
  }
}

void AddQueriesAndHeaders(const bj::object& good, std::vector<HostileEvent>& events) {
  for (const bj::value& query : bj::array{
           {{"limit", {"1", "1"}}}, {{"nobody", {"x"}}}, {{"", {""}}}, {{"limit\n", {"1"}}}}) {
    events.push_back({"query", With(good, "multiValueQueryStringParameters", query), 400});
  }
  const auto with_header = [&](const std::string& name, bj::value values) {
    bj::object event = good;
    event["multiValueHeaders"].as_object()[name] = std::move(values);
    return bj::serialize(event);
  };
  events.push_back({"two keys", with_header("Idempotency-Key", {"a", "a"}), 400});
  if (good.at("httpMethod") == "GET") return;
  for (const bj::value& reasons : bj::array{
           {"a", "a"}, {""}, {"\xC3\xA4"}, {bj::string("a\0b", 3)}, {std::string(257, 'r')}}) {
    events.push_back({"reason", with_header("X-Audit-Reason", reasons), 400});
  }
}

class HostileEventsTest : public ::testing::TestWithParam<Operation> {
 protected:
  static FunctionEnvironment Environment(const std::string& url, const DynamoDbTables& tables) {
    FunctionEnvironment environment = StoreEnvironment(url, tables.names());
    environment["USER_LIST_SHARDS"] = "2";
    return environment;
  }

  std::string RegisterOne() {
    RunningFunction function("users_register_create", environment_);
    const HttpReply reply = function.Invoke(Post(
        "POST", "/users", R"({"idempotencyKey":"k1","email":"ada@example.com","name":"Ada"})"));
    EXPECT_EQ(reply.status, 201) << reply.body;
    return std::string(bj::parse(reply.body).at("userId").as_string());
  }

  const EngineProcess& engine_ = SharedEngine("dynoxide");
  DynamoDbTables tables_{engine_};
  const FunctionEnvironment environment_ = Environment(engine_.url(), tables_);
};

void ExpectAnErrorOfTheContract(const HttpReply& reply, const HostileEvent& event) {
  EXPECT_EQ(reply.status, event.status) << event.what << ": " << reply.body << "\n"
                                        << event.text.substr(0, 2'000);
  bj::error_code error;
  const bj::value body = bj::parse(reply.body, error);
  ASSERT_TRUE(!error && body.is_object()) << reply.body;
  EXPECT_EQ(body.as_object().size(), 3U) << reply.body;
  EXPECT_TRUE(body.at("code").is_string() && body.at("message").is_string() &&
              body.at("details").is_object())
      << reply.body;
  EXPECT_EQ(HeaderOf(reply, "Content-Type"), "application/json");
  EXPECT_EQ(HeaderOf(reply, "Cache-Control"), "no-store, no-transform");
  EXPECT_FALSE(HeaderOf(reply, "X-Correlation-Id").empty());
}

TEST_P(HostileEventsTest, GetContractErrorsAndChangeNothing) {
  const std::string user_id = RegisterOne();
  const Operation& operation = GetParam();
  const GatewayRequest good = GoodRequest(operation, user_id);
  std::vector<HostileEvent> events;
  AddWithoutCaller(GatewayEvent(good), events);
  AddBodies(operation, GatewayEvent(good), events);
  AddPaths(operation, GatewayEvent(good), user_id, events);
  AddQueriesAndHeaders(GatewayEvent(good), events);

  const auto before = ScanTables(engine_.url(), tables_.names());
  RunningFunction function(operation.name, environment_);
  for (const HostileEvent& event : events) {
    ExpectAnErrorOfTheContract(function.Invoke(event.text), event);
    ASSERT_TRUE(function.process().is_running()) << event.what << function.process().errors();
  }
  EXPECT_EQ(ScanTables(engine_.url(), tables_.names()), before);

  EXPECT_EQ(function.Invoke(good).status, operation.status);
  EXPECT_EQ(function.End(), 1);
  EXPECT_EQ(function.process().errors(), "");
  const std::string output = function.process().output();
  for (const char* personal : {"@example.com", "Grace", "Ada", "x@x.org", "secret-of"}) {
    EXPECT_EQ(output.find(personal), output.npos) << personal;
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostileEventsTest, ::testing::ValuesIn(kOperations),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace users::testing
