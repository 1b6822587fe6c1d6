// Parsing proxy events into requests (lambda_runtime/proxy_event.h). The stand-in for API Gateway
// creates the events, and the tests damage them member by member.
#include "lambda_runtime/proxy_event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text/text.h"
#include "support/gateway_event.h"

namespace users::testing {
namespace {

using api::kMaxBodyBytes;
using lambda_runtime::ProxyCall;
using lambda_runtime::ReadProxyEvent;

namespace bj = boost::json;

std::string Arn() {
  return GatewayRequest().user_arn;
}

int StatusOf(const std::string& event) {
  ProxyCall call;
  const auto read = ReadProxyEvent(event, call);
  EXPECT_FALSE(read.ok()) << event.substr(0, 200);
  return read.ok() ? 200 : read.error().status;
}
int StatusOf(const bj::object& event) {
  return StatusOf(bj::serialize(event));
}

// A valid event, to be damaged.
bj::object Good() {
  return GatewayEvent(Post("POST", "/users", R"({"name":"A"})"));
}

void Read(const bj::object& event, ProxyCall& call) {
  const auto read = ReadProxyEvent(bj::serialize(event), call);
  ASSERT_TRUE(read.ok()) << read.error().body;
}

TEST(ProxyEvent, IsParsedCompletely) {
  GatewayRequest sent = Post("PUT", "/users/U/roles/R", R"({"a":"\u00e4"})");
  sent.stage = "prod";
  sent.path_parameters = {{"userId", "U"}, {"role", "R"}};
  sent.query = {{"limit", "5"}, {"email", "a+b@x.org"}, {"limit", "6"}, {"empty", ""}};
  sent.headers = {{"content-type", "application/json"},
                  {"If-Match", "\"1\""},
                  {"IF-MATCH", "\"2\""},
                  {"if-match", "\"3\""},
                  {"Content-Encoding", "identity"},
                  {"idempotency-KEY", "key 1"},
                  {"X-Correlation-Id", "c-1"}};
  ProxyCall call;
  Read(GatewayEvent(sent), call);
  const api::Request& request = call.request;
  EXPECT_EQ(request.path, "/prod/users/U/roles/R");
  EXPECT_EQ(request.user_id, "U");
  EXPECT_EQ(request.role, "R");
  EXPECT_EQ(request.body, R"({"a":"\u00e4"})");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.content_encoding, "identity");
  EXPECT_EQ(request.if_match, R"("1", "2", "3")");
  EXPECT_EQ(request.idempotency_key, "key 1");
  EXPECT_EQ(request.correlation_id, "c-1");
  EXPECT_EQ(request.caller.arn, Arn());
  EXPECT_EQ(request.caller.access_key_id, sent.access_key);
  std::string query;
  for (const api::QueryParameter& parameter : request.query) {
    EXPECT_FALSE(parameter.broken);
    query += parameter.name + "=" + parameter.value + ";";
  }
  EXPECT_EQ(query, "limit=5;limit=6;email=a+b@x.org;empty=;");
}

TEST(ProxyEvent, TreatsNullMembersAsAbsent) {
  bj::object event = GatewayEvent(GatewayRequest());
  for (const char* member : {"headers", "multiValueHeaders", "queryStringParameters",
                             "multiValueQueryStringParameters", "pathParameters", "body"}) {
    ASSERT_TRUE(event.at(member).is_null()) << member;
  }
  ProxyCall call;
  Read(event, call);
  EXPECT_EQ(call.request.path, "/users");
  EXPECT_EQ(call.request.user_id, "");
  EXPECT_EQ(call.request.body, "");
  EXPECT_TRUE(call.request.query.empty());
  EXPECT_FALSE(call.request.content_type || call.request.if_match || call.request.idempotency_key);
  EXPECT_EQ(call.request.correlation_id, "");
  for (const char* member : {"headers", "multiValueHeaders", "queryStringParameters", "path",
                             "multiValueQueryStringParameters", "pathParameters", "body",
                             "isBase64Encoded", "resource", "httpMethod", "stageVariables"}) {
    event.erase(member);
  }
  ProxyCall bare;
  Read(event, bare);
  EXPECT_EQ(bare.request.path, "/users");
}

TEST(ProxyEvent, UsesSingleValuesOnlyWithoutMultiValues) {
  bj::object event = Good();
  event["multiValueHeaders"] = nullptr;
  event["headers"] = {{"Content-Type", "text/plain"}, {"If-Match", nullptr}, {"X-Other", 5}};
  event["queryStringParameters"] = {{"limit", "7"}};
  ProxyCall call;
  Read(event, call);
  EXPECT_EQ(call.request.content_type, "text/plain");
  EXPECT_FALSE(call.request.if_match);
  ASSERT_EQ(call.request.query.size(), 1U);
  EXPECT_EQ(call.request.query[0].value, "7");

  event["multiValueHeaders"] = {{"Content-Type", {"a", "b"}}};
  ProxyCall both;
  Read(event, both);
  EXPECT_EQ(both.request.content_type, "a, b");
}

TEST(ProxyEvent, TakesTheCallerOnlyFromTheGatewaysIdentity) {
  const bj::value names[] = {
      nullptr, "", 5, true, bj::array{Arn()}, bj::object{{"userArn", Arn()}}};
  for (const bj::value& name : names) {
    bj::object event = Good();
    event["userArn"] = Arn();
    event["identity"] = {{"userArn", Arn()}};
    event["multiValueHeaders"].as_object()["userArn"] = {Arn()};
    event["multiValueHeaders"].as_object()["x-amzn-user-arn"] = {Arn()};
    bj::object& context = event["requestContext"].as_object();
    context["userArn"] = Arn();
    context["authorizer"] = {{"userArn", Arn()}, {"principalId", Arn()}};
    bj::object& identity = context["identity"].as_object();
    identity["userArn"] = name;
    EXPECT_EQ(StatusOf(event), 401) << name;
    identity.erase("userArn");
    EXPECT_EQ(StatusOf(event), 401);
    context["identity"] = bj::array{name};
    EXPECT_EQ(StatusOf(event), 401);
    event["requestContext"] = nullptr;
    EXPECT_EQ(StatusOf(event), 401);
    event.erase("requestContext");
    EXPECT_EQ(StatusOf(event), 401);
  }
}

TEST(ProxyEvent, LeavesAMissingAccessKeyEmpty) {
  bj::object event = Good();
  event["requestContext"].as_object()["identity"].as_object()["accessKey"] = nullptr;
  ProxyCall call;
  Read(event, call);
  EXPECT_EQ(call.request.caller.access_key_id, "");
}

TEST(ProxyEvent, RejectsInvalidEvents) {
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"), std::string("5"),
        std::string("\"text\""), std::string("{"), std::string("{} {}"), std::string("\xFF"),
        std::string("{\"body\":\"\xC3\"}"), std::string(R"({"body":"\ud800"})"), deep,
        R"({"requestContext":)" + deep + "}"}) {
    EXPECT_EQ(StatusOf(text), 400) << text;
  }
}

TEST(ProxyEvent, AcceptsBodiesUpTo64KiB) {
  bj::object event = Good();
  for (const bool encoded : {false, true}) {
    event["isBase64Encoded"] = encoded;
    const auto body_of = [&](std::size_t size) {
      const std::string text(size, 'x');
      return encoded ? EncodeBase64(text) : text;
    };
    event["body"] = body_of(kMaxBodyBytes);
    ProxyCall call;
    Read(event, call);
    EXPECT_EQ(call.request.body.size(), kMaxBodyBytes);
    event["body"] = body_of(kMaxBodyBytes + 1);
    EXPECT_EQ(StatusOf(event), 413);
  }
  event["body"] = std::string(7 << 20, 'x');
  EXPECT_EQ(StatusOf(event), 413);
}

TEST(ProxyEvent, DecodesBase64OnlyIfMarked) {
  bj::object event = Good();
  event["body"] = "eyJhIjoxfQ==";
  ProxyCall plain;
  Read(event, plain);
  EXPECT_EQ(plain.request.body, "eyJhIjoxfQ==");
  event["isBase64Encoded"] = true;
  ProxyCall decoded;
  Read(event, decoded);
  EXPECT_EQ(decoded.request.body, R"({"a":1})");
  for (const char* broken :
       {"eyJhIjoxfQ", "eyJhIjoxfQ=", "eyJh*joxfQ==", "eyJhIjoxfR==", " ", "="}) {
    event["body"] = broken;
    EXPECT_EQ(StatusOf(event), 400) << broken;
  }
  event["isBase64Encoded"] = "true";  // not a Boolean
  ProxyCall text;
  Read(event, text);
  EXPECT_EQ(text.request.body, "=");
}

TEST(ProxyEvent, IgnoresMembersOfWrongTypes) {
  const bj::value wrong[] = {nullptr,
                             5,
                             true,
                             "text",
                             bj::array{1, "x", nullptr},
                             bj::object{{"Content-Type", 5}, {"If-Match", {5, nullptr}}}};
  for (const char* member :
       {"path", "headers", "multiValueHeaders", "queryStringParameters", "pathParameters",
        "multiValueQueryStringParameters", "body", "isBase64Encoded", "httpMethod", "resource"}) {
    for (const bj::value& value : wrong) {
      bj::object event = Good();
      event[member] = value;
      ProxyCall call;
      const auto read = ReadProxyEvent(bj::serialize(event), call);
      EXPECT_EQ(call.request.caller.arn, Arn());
      EXPECT_TRUE(read.ok() || read.error().status == 400) << member << value;
      EXPECT_FALSE(call.request.if_match);
    }
  }
}

TEST(ProxyEvent, AcceptsOnlyValidCorrelationIds) {
  const std::pair<bj::value, const char*> sent[] = {
      {{"Az09._:/=+@-"}, "Az09._:/=+@-"}, {{"a b"}, ""},        {{"a\n"}, ""}, {{""}, ""},
      {{std::string(129, 'a')}, ""},      {{"one", "two"}, ""}, {{5}, ""},     {{"\"},{"}, ""}};
  for (const auto& [values, expected] : sent) {
    bj::object event = Good();
    event["multiValueHeaders"].as_object()["x-correlation-id"] = values;
    ProxyCall call;
    Read(event, call);
    EXPECT_EQ(call.request.correlation_id, expected) << values;
  }
}

TEST(ProxyEvent, KeepsTheCorrelationIdOfRejectedRequests) {
  bj::object event = Good();
  event["multiValueHeaders"].as_object()["X-Correlation-Id"] = {"mine"};
  event["requestContext"].as_object()["identity"] = nullptr;
  ProxyCall call;
  EXPECT_FALSE(ReadProxyEvent(bj::serialize(event), call).ok());
  EXPECT_EQ(call.request.correlation_id, "mine");
}

TEST(ProxyEvent, RejectsRepeatedIdempotencyKeyHeaders) {
  bj::object event = Good();
  event["multiValueHeaders"].as_object()["Idempotency-Key"] = {"a", "a"};
  EXPECT_EQ(StatusOf(event), 400);
  event = Good();
  event["multiValueHeaders"].as_object()["Idempotency-Key"] = {"a"};
  event["multiValueHeaders"].as_object()["idempotency-key"] = {"b"};
  EXPECT_EQ(StatusOf(event), 400);
}

// Whether they are valid is for the operation to say: reads ignore them.
TEST(ProxyEvent, KeepsEveryReason) {
  bj::object event = Good();
  ProxyCall without;
  Read(event, without);
  EXPECT_TRUE(without.request.audit_reasons.empty());
  event["multiValueHeaders"].as_object()["X-Audit-Reason"] = {"a", "b"};
  event["multiValueHeaders"].as_object()["x-audit-reason"] = {"c"};
  ProxyCall call;
  Read(event, call);
  EXPECT_EQ(call.request.audit_reasons, (std::vector<std::string>{"a", "b", "c"}));
  event.erase("multiValueHeaders");
  event["headers"] = {{"X-AUDIT-REASON", "single"}};
  ProxyCall single;
  Read(event, single);
  EXPECT_EQ(single.request.audit_reasons, (std::vector<std::string>{"single"}));
}

TEST(ProxyEvent, DoesNotDecodePathParameters) {
  for (const std::string& text :
       {std::string("a%2Fb"), std::string("%"), std::string("a/b"), std::string("a\0b", 3),
        std::string("%25%32%35"), std::string("..")}) {
    bj::object event = Good();
    event["pathParameters"] = {{"userId", text}, {"role", text}, {"other", text}};
    ProxyCall call;
    Read(event, call);
    EXPECT_EQ(call.request.user_id, text);
    EXPECT_EQ(call.request.role, text);
  }
}

}  // namespace
}  // namespace users::testing
