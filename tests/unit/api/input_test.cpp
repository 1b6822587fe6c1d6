#include "api/input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace users::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<std::string> FaultsOf(Input& input) {
  const Status finished = input.Finish();
  std::vector<std::string> fields;
  if (finished.ok()) return fields;
  EXPECT_EQ(finished.error().code, ErrorCode::kValidation);
  for (const FieldError& error : finished.error().fields) fields.push_back(error.field);
  EXPECT_FALSE(fields.empty());
  return fields;
}

Request WithQuery(std::string_view query) {
  Request request;
  request.query = ParseQuery(query);
  return request;
}

Request WithBodyOf(std::string_view body) {
  Request request;
  request.body = body;
  request.content_type = "application/json";
  return request;
}

TEST(Limit, MustBeADecimalNumberFrom1To100) {
  const std::pair<std::string_view, std::size_t> good[] = {{"", 50},           {"limit=1", 1},
                                                           {"limit=9", 9},     {"limit=10", 10},
                                                           {"limit=100", 100}, {"limit=%35", 5}};
  for (const auto& [query, expected] : good) {
    const Request request = WithQuery(query);
    Input input = Input::WithoutBody(request);
    EXPECT_EQ(input.Limit(), expected) << query;
    EXPECT_THAT(FaultsOf(input), IsEmpty()) << query;
  }
  for (const std::string_view query : {"limit",
                                       "limit=",
                                       "limit=0",
                                       "limit=101",
                                       "limit=1000",
                                       "limit=-1",
                                       "limit=+1",
                                       "limit=%2B1",
                                       "limit=01",
                                       "limit=00",
                                       "limit=050",
                                       "limit=1.0",
                                       "limit=1e1",
                                       "limit=0x10",
                                       "limit=1%20",
                                       "limit=%201",
                                       "limit=1%00",
                                       "limit=ten",
                                       "limit=null",
                                       "limit=1,000",
                                       "limit=%D9%A1",
                                       "limit=99999999999999999999",
                                       "limit=18446744073709551617",
                                       "limit=4294967297",
                                       "limit=%FF",
                                       "limit=5&limit=5",
                                       "limit=5&%6cimit=6"}) {
    const Request request = WithQuery(query);
    Input input = Input::WithoutBody(request);
    input.Limit();
    EXPECT_THAT(FaultsOf(input), ElementsAre("limit")) << query;
  }
}

TEST(Query, ReportsUnknownRepeatedAndMalformedParametersTogether) {
  const Request request = WithQuery("status=a&limit=0&x=1&Status=b&status=c&from=%zz&%zz=1&=&x=2");
  Input input = Input::WithoutBody(request);
  EXPECT_EQ(input.Query("status"), "a");
  EXPECT_EQ(input.Query("from"), std::nullopt);
  EXPECT_EQ(input.Query("absent"), std::nullopt);
  input.Limit();
  EXPECT_THAT(FaultsOf(input),
              UnorderedElementsAre("limit", "x", "Status", "status", "from", "%zz", ""));
}

TEST(Body, IsRejectedByOperationsWithoutOne) {
  for (const std::string_view body : {"{}", " ", "x"}) {
    Request request = WithBodyOf(body);
    Input input = Input::WithoutBody(request);
    EXPECT_THAT(FaultsOf(input), ElementsAre("body"));
    request.content_type.reset();
    Input untyped = Input::WithoutBody(request);
    EXPECT_THAT(FaultsOf(untyped), ElementsAre("body"));
  }
}

TEST(Body, MustBeApplicationJson) {
  Request request = WithBodyOf("{}");
  for (const char* type :
       {"application/json", "Application/JSON", "application/json;charset=utf-8",
        "application/json; charset=UTF-8", "application/json ; charset=\"utf-8\"",
        "application/json; charset=utf8", "application/json; charset=UTF8",
        "application/json; charset=\"Utf8\"", "application/json;", "application/json; version=1",
        " application/json\t"}) {
    request.content_type = type;
    EXPECT_TRUE(Input::WithBody(request).ok()) << type;
  }
  for (const char* type : {"",
                           "json",
                           "text/json",
                           "text/plain",
                           "application/jsonx",
                           "application/json5",
                           "application/problem+json",
                           "application/*",
                           "*/*",
                           "application/x-www-form-urlencoded",
                           "multipart/form-data",
                           "application/json, text/plain",
                           "application/json, application/json",
                           "text/plain; application/json",
                           "application/json; charset=latin1",
                           "application/json;charset=utf-16",
                           "application/json; charset=",
                           "application/json; charset=\"",
                           "application/json; charset=utf8x",
                           "application/json; charset=\"utf8",
                           "application/json x"}) {
    request.content_type = type;
    const auto input = Input::WithBody(request);
    ASSERT_FALSE(input.ok()) << type;
    EXPECT_EQ(input.error().status, 415) << type;
  }
  request.content_type.reset();
  EXPECT_FALSE(Input::WithBody(request).ok());
}

TEST(Body, MustNotBeCompressed) {
  Request request = WithBodyOf("{}");
  for (const char* coding : {"gzip", "br", "identity, gzip", "deflate"}) {
    request.content_encoding = coding;
    const auto input = Input::WithBody(request);
    ASSERT_FALSE(input.ok()) << coding;
    EXPECT_EQ(input.error().status, 415);
  }
  request.content_encoding = "Identity";
  EXPECT_TRUE(Input::WithBody(request).ok());
}

TEST(Body, MustBeOneJsonObject) {
  const std::pair<std::string_view, std::vector<std::string>> cases[] = {
      {"{}", {}},
      {" {} ", {}},
      {"", {"body"}},
      {"[]", {"body"}},
      {"null", {"body"}},
      {"\"x\"", {"body"}},
      {"{", {"body"}},
      {"{} {}", {"body"}},
      {"{}\xFF", {"body"}},
      {"{\"a\":\"\xFF\"}", {"body"}},
      {R"({"a":"\ud800"})", {"body"}},
      {R"({"x":1})", {"x"}},
      {R"({"x":1,"y":{"z":1}})", {"x", "y"}},
      {R"({"known":1,"known":2})", {"known"}},
      {R"({"known":{"a":1,"a":2}})", {"known.a"}},
      {R"([{"a":1,"a":2}])", {"[0].a", "body"}},
  };
  for (const auto& [body, fields] : cases) {
    const Request request = WithBodyOf(body);
    auto input = Input::WithBody(request);
    ASSERT_TRUE(input.ok()) << body;
    input->body().Find("known", json::Presence::kOptional);
    EXPECT_EQ(FaultsOf(*input), fields) << body;
  }
}

TEST(Body, NamesTheByteOfASyntaxError) {
  const Request request = WithBodyOf(R"({"a":1, oops})");
  auto input = Input::WithBody(request);
  ASSERT_TRUE(input.ok());
  const Status finished = input->Finish();
  ASSERT_FALSE(finished.ok());
  ASSERT_EQ(finished.error().fields.size(), 1U);
  EXPECT_EQ(finished.error().fields[0].field, "body");
  EXPECT_EQ(finished.error().fields[0].message, "is not valid JSON (syntax error at byte 8)");
}

// An absent body has no type, so the error names the body and not its type.
TEST(Body, IsReportedMissingBeforeItsTypeIsChecked) {
  const Request request;
  auto input = Input::WithBody(request);
  ASSERT_TRUE(input.ok());
  EXPECT_THAT(FaultsOf(*input), ElementsAre("body"));
}

}  // namespace
}  // namespace users::api
