#include "api/response.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/json.h"

namespace users::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers HeadersOf(const Response& response) {
  Headers headers;
  const std::string correlation_id = "c-1";
  ForEachHeader(response, correlation_id, [&](std::string_view name, std::string_view value) {
    headers.emplace_back(name, value);
  });
  return headers;
}

struct Case {
  ErrorCode code;
  int status;
  std::string_view name;
};

constexpr Case kCases[] = {
    {ErrorCode::kValidation, 400, "VALIDATION_ERROR"},
    {ErrorCode::kAuthentication, 401, "AUTHENTICATION_ERROR"},
    {ErrorCode::kForbidden, 403, "FORBIDDEN"},
    {ErrorCode::kNotFound, 404, "NOT_FOUND"},
    {ErrorCode::kConflict, 409, "CONFLICT"},
    {ErrorCode::kPreconditionFailed, 412, "PRECONDITION_FAILED"},
    {ErrorCode::kInternal, 500, "INTERNAL_ERROR"},
    {ErrorCode::kUnavailable, 503, "UNAVAILABLE"},
};

// Every member is set, so a member that does not belong to the code would show up.
Error Full(ErrorCode code) {
  Error error = Error::Of(code, "A \"message\".");
  error.fields = {{"email", "is required"}, {"metadata.a\"b", "must be a string"}};
  error.conflict_reason = ConflictReason::kUserDeleted;
  error.current_version = 7;
  return error;
}

TEST(ErrorResponse, HasContractStatusAndCode) {
  for (const Case& test : kCases) {
    const Response response = ErrorResponse(Full(test.code));
    EXPECT_EQ(response.status, test.status) << test.name;
    EXPECT_EQ(response.error_code, test.name);
    const auto parsed = json::ParseFile(response.body);
    ASSERT_TRUE(parsed.ok()) << response.body;
    const boost::json::object& body = parsed->as_object();
    EXPECT_EQ(body.size(), 3U) << response.body;
    EXPECT_EQ(std::string_view(body.at("code").as_string()), test.name);
    EXPECT_EQ(body.at("message").as_string(), "A \"message\".");
    EXPECT_TRUE(body.at("details").is_object());
    EXPECT_FALSE(response.version);
    EXPECT_FALSE(response.replayed);
    EXPECT_TRUE(response.location.empty());
  }
}

std::string DetailsOf(const Error& error) {
  const auto parsed = json::ParseFile(ErrorResponse(error).body);
  return json::Canonical(parsed->as_object().at("details"));
}

TEST(ErrorResponse, HasDetailsOnlyForCodesThatDefineThem) {
  for (const Case& test : kCases) {
    const std::string details = DetailsOf(Full(test.code));
    switch (test.code) {
      case ErrorCode::kValidation:
        EXPECT_EQ(details, R"({"errors":[{"field":"email","message":"is required"},)"
                           R"({"field":"metadata.a\"b","message":"must be a string"}]})");
        break;
      case ErrorCode::kAuthentication:
        EXPECT_EQ(details, R"({"email":"is required","metadata.a\"b":"must be a string"})");
        break;
      case ErrorCode::kConflict:
        EXPECT_EQ(details, R"({"reason":"USER_DELETED"})");
        break;
      case ErrorCode::kPreconditionFailed:
        EXPECT_EQ(details, R"({"currentVersion":7})");
        break;
      default:
        EXPECT_EQ(details, "{}") << test.name;
    }
  }
  EXPECT_EQ(DetailsOf(Error::Of(ErrorCode::kValidation, "The request is not valid HTTP.")), "{}");
}

TEST(ErrorResponse, NamesTheConflictReason) {
  const std::pair<ConflictReason, std::string_view> reasons[] = {
      {ConflictReason::kEmailInUse, R"({"reason":"EMAIL_IN_USE"})"},
      {ConflictReason::kExternalIdInUse, R"({"reason":"EXTERNAL_ID_IN_USE"})"},
      {ConflictReason::kUserNameInUse, R"({"reason":"USER_NAME_IN_USE"})"},
      {ConflictReason::kIdempotencyKeyReused, R"({"reason":"IDEMPOTENCY_KEY_REUSED"})"},
      {ConflictReason::kUserDeleted, R"({"reason":"USER_DELETED"})"},
  };
  for (const auto& [reason, details] : reasons) {
    Error error = Error::Of(ErrorCode::kConflict, "");
    error.conflict_reason = reason;
    EXPECT_EQ(DetailsOf(error), details);
  }
}

TEST(ErrorResponse, SetsRetryAfterOnlyIfUnavailable) {
  for (const Case& test : kCases) {
    const Response response = ErrorResponse(Full(test.code));
    EXPECT_EQ(response.retry_after.has_value(), test.status == 503) << test.name;
    EXPECT_EQ(response.allow, "") << test.name;
  }
  EXPECT_GE(ErrorResponse(Error::Unavailable("")).retry_after, std::chrono::seconds(1));
}

struct HttpFault {
  Response response;
  int status;
  std::string_view code;
  std::string_view message;
  Headers headers;  // beyond those of every response
};

std::vector<HttpFault> HttpFaults() {
  return {
      {MethodNotAllowed("GET, POST"),
       405,
       "METHOD_NOT_ALLOWED",
       "The path does not have this method.",
       {{"Allow", "GET, POST"}}},
      {BodyTooLarge(), 413, "PAYLOAD_TOO_LARGE", "The body is larger than 64 KiB.", {}},
      {UnsupportedMediaType("Not \"this\"."), 415, "UNSUPPORTED_MEDIA_TYPE", "Not \"this\".", {}},
      {Throttled(std::chrono::seconds(3)),
       429,
       "THROTTLED",
       "Too many requests. Try again later.",
       {{"Retry-After", "3"}}},
      {HeadersTooLarge(),
       431,
       "PAYLOAD_TOO_LARGE",
       "The request's headers are too large or too many.",
       {}},
  };
}

TEST(HttpFaults, HaveContractStatusCodeAndHeaders) {
  for (const HttpFault& fault : HttpFaults()) {
    EXPECT_EQ(fault.response.status, fault.status);
    EXPECT_EQ(fault.response.error_code, fault.code);
    const auto parsed = json::ParseFile(fault.response.body);
    ASSERT_TRUE(parsed.ok()) << fault.response.body;
    boost::json::object expected;
    expected["code"] = fault.code;
    expected["message"] = fault.message;
    expected["details"] = boost::json::object();
    EXPECT_EQ(json::Canonical(*parsed), json::Canonical(expected));
    const Headers headers = HeadersOf(fault.response);
    EXPECT_EQ(Headers(headers.begin() + 3, headers.end()), fault.headers) << fault.code;
  }
}

TEST(HttpFaults, RoundRetryAfterUpToWholeSeconds) {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  EXPECT_EQ(Throttled(milliseconds(0)).retry_after, seconds(1));
  EXPECT_EQ(Throttled(milliseconds(1)).retry_after, seconds(1));
  EXPECT_EQ(Throttled(milliseconds(1000)).retry_after, seconds(1));
  EXPECT_EQ(Throttled(milliseconds(1001)).retry_after, seconds(2));
}

TEST(Error, HidesInternalDetails) {
  EXPECT_EQ(ErrorResponse(Error::Internal()).body,
            R"({"code":"INTERNAL_ERROR","message":"An internal error occurred.","details":{}})");
}

TEST(ForEachHeader, AddsThreeHeadersToEveryResponse) {
  EXPECT_EQ(HeadersOf(Response()), (Headers{{"Content-Type", "application/json"},
                                            {"Cache-Control", "no-store, no-transform"},
                                            {"X-Correlation-Id", "c-1"}}));
}

TEST(ForEachHeader, AddsHeadersForMembersThatAreSet) {
  Response response;
  response.status = 201;
  response.version = 18'446'744'073'709'551'615U;
  response.location = "/users/01A";
  response.replayed = true;
  const Headers headers = HeadersOf(response);
  EXPECT_EQ(Headers(headers.begin() + 3, headers.end()),
            (Headers{{"ETag", "\"18446744073709551615\""},
                     {"Location", "/users/01A"},
                     {"Idempotency-Replayed", "true"}}));

  Response rejection;
  rejection.status = 405;
  rejection.allow = "GET";
  rejection.retry_after = std::chrono::seconds(17);
  const Headers more = HeadersOf(rejection);
  EXPECT_EQ(Headers(more.begin() + 3, more.end()),
            (Headers{{"Allow", "GET"}, {"Retry-After", "17"}}));
}

TEST(ForEachHeader, AddsChallengeOnlyTo401) {
  for (const Case& test : kCases) {
    bool challenged = false;
    for (const auto& header : HeadersOf(ErrorResponse(Full(test.code)))) {
      challenged = challenged || header.first == "WWW-Authenticate";
    }
    EXPECT_EQ(challenged, test.status == 401) << test.name;
  }
}

}  // namespace
}  // namespace users::api
