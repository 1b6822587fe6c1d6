// If-Match and the idempotency key (api/input.h).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "api/input.h"

namespace users::api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> FaultsOf(Input& input) {
  const Status finished = input.Finish();
  std::vector<std::string> fields;
  if (finished.ok()) return fields;
  EXPECT_EQ(finished.error().code, ErrorCode::kValidation);
  for (const FieldError& error : finished.error().fields) fields.push_back(error.field);
  EXPECT_FALSE(fields.empty());
  return fields;
}

Request WithBodyOf(std::string_view body) {
  Request request;
  request.body = body;
  request.content_type = "application/json";
  return request;
}

TEST(IfMatchHeader, IsOptionalAndMustBeQuoted) {
  Request request;
  Input without = Input::WithoutBody(request);
  EXPECT_FALSE(without.IfMatch());
  EXPECT_THAT(FaultsOf(without), IsEmpty());
  request.if_match = "\"3\"";
  Input with = Input::WithoutBody(request);
  EXPECT_TRUE(with.IfMatch()->Admits(3, true));
  EXPECT_THAT(FaultsOf(with), IsEmpty());
  for (const char* broken : {"3", "", "\"3"}) {
    request.if_match = broken;
    Input input = Input::WithoutBody(request);
    EXPECT_FALSE(input.IfMatch());
    EXPECT_THAT(FaultsOf(input), ElementsAre("If-Match")) << broken;
  }
}

std::optional<std::string> KeyInHeaderOf(Input& input) {
  return input.WriteContextOf(Operation::kUsersStatusUpdate, Input::KeyIn::kHeader).idempotency_key;
}

std::optional<std::string> KeyInBodyOf(Input& input) {
  return input.WriteContextOf(Operation::kUsersProfileUpdate, Input::KeyIn::kBody).idempotency_key;
}

TEST(IdempotencyKeyHeader, FollowsTheRulesOfTheBodyField) {
  Request request;
  Input without = Input::WithoutBody(request);
  EXPECT_EQ(KeyInHeaderOf(without), std::nullopt);
  EXPECT_THAT(FaultsOf(without), IsEmpty());
  request.idempotency_key = "k-1";
  Input with = Input::WithoutBody(request);
  EXPECT_EQ(KeyInHeaderOf(with), "k-1");
  EXPECT_THAT(FaultsOf(with), IsEmpty());
  for (const std::string& broken :
       {std::string(), std::string(256, 'k'), std::string("\xC3\xA4"), std::string("a\tb")}) {
    request.idempotency_key = broken;
    Input input = Input::WithoutBody(request);
    KeyInHeaderOf(input);
    EXPECT_THAT(FaultsOf(input), ElementsAre("Idempotency-Key"));
  }
}

std::optional<std::string> ReasonOf(Input& input) {
  return input.WriteContextOf(Operation::kUsersStatusUpdate, Input::KeyIn::kHeader).reason;
}

TEST(AuditReasonHeader, IsTrimmedAndOptional) {
  Request request;
  Input without = Input::WithoutBody(request);
  EXPECT_EQ(ReasonOf(without), std::nullopt);
  EXPECT_THAT(FaultsOf(without), IsEmpty());
  const std::pair<std::string, std::string> good[] = {
      {"HR-7", "HR-7"},
      {"  two  spaces within ", "two  spaces within"},
      {"~!\"\\", "~!\"\\"},
      {std::string(256, 'r'), std::string(256, 'r')},
      {"   " + std::string(256, 'r') + "   ", std::string(256, 'r')},
  };
  for (const auto& [sent, reason] : good) {
    request.audit_reasons = {sent};
    Input input = Input::WithoutBody(request);
    EXPECT_EQ(ReasonOf(input), reason);
    EXPECT_THAT(FaultsOf(input), IsEmpty()) << sent;
  }
}

TEST(AuditReasonHeader, HasPrintableAsciiAndIsSentOnce) {
  const std::vector<std::string> bad[] = {
      {""},       {"   "},   {std::string(257, 'r')}, {"\xC3\xA4"}, {"a\tb"}, {"\x7F"}, {"a\nb"},
      {"a", "a"}, {"a", ""},
  };
  for (const auto& sent : bad) {
    Request request;
    request.audit_reasons = sent;
    Input input = Input::WithoutBody(request);
    EXPECT_EQ(ReasonOf(input), std::nullopt);
    EXPECT_THAT(FaultsOf(input), ElementsAre("X-Audit-Reason")) << sent.front();
  }
}

struct KeyCase {
  std::string_view body;
  std::optional<std::string> header;
  std::vector<std::string> fields;
};

TEST(IdempotencyKeyInTheBody, IsRequiredAndMustEqualTheHeader) {
  const KeyCase cases[] = {
      {R"({"idempotencyKey":"k"})", std::nullopt, {}},
      {R"({"idempotencyKey":"k"})", "k", {}},
      {R"({"idempotencyKey":"k"})", "K", {"Idempotency-Key"}},
      {R"({"idempotencyKey":"k"})", "", {"Idempotency-Key"}},
      {R"({"idempotencyKey":"k"})", "k ", {"Idempotency-Key"}},
      {"{}", std::nullopt, {"idempotencyKey"}},
      {"{}", "k", {"idempotencyKey"}},
      {"{}", "\x80", {"Idempotency-Key", "idempotencyKey"}},
      {"{", "", {"body", "Idempotency-Key"}},
      {R"({"idempotencyKey":5})", std::string(300, 'k'), {"Idempotency-Key", "idempotencyKey"}},
      {R"({"idempotencyKey":""})", "", {"Idempotency-Key", "idempotencyKey"}},
      {R"({"idempotencyKey":null})", std::nullopt, {"idempotencyKey"}},
      {R"({"idempotencyKey":1})", std::nullopt, {"idempotencyKey"}},
      {R"({"idempotencyKey":""})", std::nullopt, {"idempotencyKey"}},
      {R"({"idempotencyKey":"ä"})", std::nullopt, {"idempotencyKey"}},
  };
  for (const KeyCase& test : cases) {
    Request request = WithBodyOf(test.body);
    request.idempotency_key = test.header;
    auto input = Input::WithBody(request);
    ASSERT_TRUE(input.ok());
    const auto key = KeyInBodyOf(*input);
    EXPECT_EQ(FaultsOf(*input), test.fields) << test.body;
    if (test.fields.empty()) {
      EXPECT_EQ(key, "k");
    }
  }
}

TEST(WriteContextOf, CopiesCallerCorrelationIdDeadlineAndOperation) {
  Request request;
  request.caller.arn = "arn";
  request.caller.access_key_id = "key";
  request.correlation_id = "c-1";
  request.deadline = Deadline(std::chrono::seconds(5));
  Input input = Input::WithoutBody(request);
  const auto write = input.WriteContextOf(Operation::kUsersRoleRemove, Input::KeyIn::kHeader);
  EXPECT_EQ(write.operation, "users_role_remove");
  const service::CallContext& context = write.call;
  EXPECT_EQ(context.caller.arn, "arn");
  EXPECT_EQ(context.caller.access_key_id, "key");
  EXPECT_EQ(context.correlation_id, "c-1");
  EXPECT_EQ(context.deadline, request.deadline);
}

}  // namespace
}  // namespace users::api
