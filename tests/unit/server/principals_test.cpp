#include "server/principals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace users::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view kSecret = "a-secret-of-27-characters-1";
constexpr std::string_view kPolicy =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})";

std::string Key(std::string_view id = "AKIAIOSFODNN7EXAMPLE", std::string_view more = "") {
  return R"({"accessKeyId":")" + std::string(id) + R"(","secretAccessKey":")" +
         std::string(kSecret) + "\"" + std::string(more) + "}";
}

std::string Principal(std::string_view arn, std::string_view keys) {
  return R"({"arn":")" + std::string(arn) + R"(","accessKeys":[)" + std::string(keys) +
         R"(],"policy":)" + std::string(kPolicy) + "}";
}

std::string File(std::string_view principals) {
  return R"({"version":1,"principals":[)" + std::string(principals) + "]}";
}

std::string WithArn(std::string_view arn) {
  return File(Principal(arn, Key()));
}

std::string WithKey(std::string_view key) {
  return File(Principal("arn:aws:iam::123456789012:user/a", key));
}

std::string WithMember(std::string_view member) {
  return WithKey(Key("AKIAIOSFODNN7EXAMPLE", "," + std::string(member)));
}

std::string WithSecret(std::string_view secret) {
  return WithKey(R"({"accessKeyId":"AKIAIOSFODNN7EXAMPLE","secretAccessKey":)" +
                 std::string(secret) + "}");
}

// Returns the faulty fields. No message may contain text from the file.
std::vector<std::string> FaultsOf(const std::string& text) {
  std::vector<std::string> fields;
  const auto parsed = Principals::Parse(text);
  if (parsed.ok()) return fields;
  for (const FieldError& error : parsed.error().fields) {
    fields.push_back(error.field);
    EXPECT_EQ(error.message.find("secret-of"), std::string::npos) << error.message;
    EXPECT_EQ(error.field.find("secret-of"), std::string::npos) << error.field;
  }
  EXPECT_EQ(InOneLine(parsed.error()).find("secret-of"), std::string::npos);
  EXPECT_FALSE(fields.empty());
  return fields;
}

TEST(Principals, ReadTheContractFormat) {
  const auto principals = Principals::Parse(R"json(
    {"version": 1, "principals": [{"arn": "arn:aws:iam::123456789012:user/clerk",
      "accessKeys": [{"accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        "secretAccessKey": "at-least-16-characters",
        "sessionToken": "optional", "expiresAt": "2026-12-31T00:00:00Z", "status": "Active"}],
      "policy": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "execute-api:Invoke",
         "Resource": "arn:aws:execute-api:*:*:*/*/*"},
        {"Sid": "NoAdmin", "Effect": "Deny", "Action": ["execute-api:Invoke"],
         "Resource": ["arn:aws:execute-api:*:*:*/*/DELETE/users/*/roles/admin"]}]}}]})json");
  ASSERT_TRUE(principals.ok());
  EXPECT_EQ((*principals)->size(), 1U);
  const AccessKey* key = (*principals)->FindKey("AKIAIOSFODNN7EXAMPLE");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(key->secret_access_key, "at-least-16-characters");
  EXPECT_EQ(key->session_token, "optional");
  EXPECT_EQ(key->expires_at, ParseTimestamp("2026-12-31T00:00:00Z"));
  EXPECT_TRUE(key->active);
  ASSERT_NE(key->principal, nullptr);
  EXPECT_EQ(key->principal->arn, "arn:aws:iam::123456789012:user/clerk");
  const std::string api = "arn:aws:execute-api:us-east-1:000000000000:users/local";
  EXPECT_TRUE(key->principal->policy.Allows("execute-api:invoke", api + "/DELETE/users/X/roles/a"));
  EXPECT_FALSE(
      key->principal->policy.Allows("execute-api:invoke", api + "/DELETE/users/X/roles/admin"));
  EXPECT_EQ((*principals)->FindKey("akiaiosfodnn7example"), nullptr);
  EXPECT_EQ((*principals)->FindKey(""), nullptr);
}

TEST(Principals, AssignEachKeyToItsPrincipal) {
  const auto principals = Principals::Parse(
      File(Principal("arn:aws:iam::123456789012:user/a",
                     Key("AKIAIOSFODNN7EXAMPLA") + "," +
                         Key("AKIAIOSFODNN7EXAMPLB", R"(,"status":"Inactive")")) +
           "," + Principal("arn:aws:iam::123456789012:user/b", Key("AKIAIOSFODNN7EXAMPLC")) + "," +
           Principal("arn:aws:iam::123456789012:user/without-keys", "")));
  ASSERT_TRUE(principals.ok());
  EXPECT_EQ((*principals)->size(), 3U);
  EXPECT_EQ((*principals)->FindKey("AKIAIOSFODNN7EXAMPLA")->principal,
            (*principals)->FindKey("AKIAIOSFODNN7EXAMPLB")->principal);
  EXPECT_TRUE((*principals)->FindKey("AKIAIOSFODNN7EXAMPLA")->active);
  EXPECT_FALSE((*principals)->FindKey("AKIAIOSFODNN7EXAMPLB")->active);
  EXPECT_EQ((*principals)->FindKey("AKIAIOSFODNN7EXAMPLC")->principal->arn,
            "arn:aws:iam::123456789012:user/b");
  EXPECT_FALSE((*principals)->FindKey("AKIAIOSFODNN7EXAMPLC")->expires_at);
  EXPECT_EQ((*principals)->FindKey("AKIAIOSFODNN7EXAMPLC")->session_token, "");
}

struct Fault {
  std::string text;
  std::string field;
};

TEST(Principals, RejectEveryFaultAndNameTheField) {
  const std::string a = "arn:aws:iam::123456789012:user/a";
  const std::string b = "arn:aws:iam::123456789012:user/b";
  const std::string key = "principals[0].accessKeys[0].";
  const Fault faults[] = {
      {"", "the file"},
      {"not json", "the file"},
      {"null", "file"},
      {"[]", "file"},
      {R"({"principals":[)" + Principal(a, "") + "]}", "version"},
      {R"({"version":2,"principals":[)" + Principal(a, "") + "]}", "version"},
      {R"({"version":"1","principals":[)" + Principal(a, "") + "]}", "version"},
      {R"({"version":1})", "principals"},
      {R"({"version":1,"principals":{}})", "principals"},
      {R"({"version":1,"principals":[]})", "principals"},
      {R"({"version":1,"x":1,"principals":[)" + Principal(a, "") + "]}", "x"},
      {R"({"version":1,"version":1,"principals":[)" + Principal(a, "") + "]}", "version"},
      {File("1"), "principals[0]"},
      {File(Principal(a, Key()) + ",null"), "principals[1]"},
      {File(R"({"accessKeys":[],"policy":)" + std::string(kPolicy) + "}"), "principals[0].arn"},
      {File(R"({"arn":1,"accessKeys":[],"policy":)" + std::string(kPolicy) + "}"),
       "principals[0].arn"},
      {File(R"({"arn":")" + a + R"(","policy":)" + std::string(kPolicy) + "}"),
       "principals[0].accessKeys"},
      {File(R"({"arn":")" + a + R"(","accessKeys":{},"policy":)" + std::string(kPolicy) + "}"),
       "principals[0].accessKeys"},
      {File(R"({"arn":")" + a + R"(","accessKeys":[]})"), "principals[0].policy"},
      {File(R"({"arn":")" + a + R"(","accessKeys":[],"policy":null})"), "principals[0].policy"},
      {File(R"({"arn":")" + a +
            R"(","accessKeys":[],"policy":{"Version":"2012-10-17","Statement":[]}})"),
       "principals[0].policy.Statement"},
      {File(R"({"arn":")" + a + R"(","name":"x","accessKeys":[],"policy":)" + std::string(kPolicy) +
            "}"),
       "principals[0].name"},
      {File(Principal(a, "") + "," + Principal(b, "") + "," + Principal(a, "")),
       "principals[2].arn"},
      {WithKey(Key() + "," + Key()), "principals[0].accessKeys[1].accessKeyId"},
      {File(Principal(a, Key()) + "," + Principal(b, Key())),
       "principals[1].accessKeys[0].accessKeyId"},
      {WithKey("1"), "principals[0].accessKeys[0]"},
      {WithKey(R"({"secretAccessKey":")" + std::string(kSecret) + "\"}"), key + "accessKeyId"},
      {WithKey(R"({"accessKeyId":"AKIAIOSFODNN7EXAMPLE"})"), key + "secretAccessKey"},
      {WithMember(R"("sessionToken":null)"), key + "sessionToken"},
      {WithMember(R"("sessionToken":"")"), key + "sessionToken"},
      {WithMember(R"("sessionToken":"a b")"), key + "sessionToken"},
      {WithMember(R"("sessionToken":"ä")"), key + "sessionToken"},
      {WithMember(R"("sessionToken":")" + std::string(4097, 't') + "\""), key + "sessionToken"},
      {WithMember(R"("expiresAt":null)"), key + "expiresAt"},
      {WithMember(R"("expiresAt":"2026-12-31")"), key + "expiresAt"},
      {WithMember(R"("expiresAt":1798675200)"), key + "expiresAt"},
      {WithMember(R"("status":"active")"), key + "status"},
      {WithMember(R"("status":"")"), key + "status"},
      {WithMember(R"("status":true)"), key + "status"},
      {WithMember(R"("note":"x")"), key + "note"},
      {WithMember(R"("status":"Active","status":"Inactive")"), key + "status"},
  };
  for (const Fault& fault : faults) EXPECT_THAT(FaultsOf(fault.text), ElementsAre(fault.field));
}

TEST(Principals, AcceptOnlyArnsOfIamOrSts) {
  for (const char* arn :
       {"arn:aws:iam::123456789012:user/a", "arn:aws:iam::000000000000:root",
        "arn:aws:sts::123456789012:assumed-role/R/s", "arn:aws:iam::123456789012:user/a:b"}) {
    EXPECT_THAT(FaultsOf(WithArn(arn)), IsEmpty()) << arn;
  }
  const std::string longest = "arn:aws:iam::123456789012:user/" + std::string(2017, 'x');
  EXPECT_THAT(FaultsOf(WithArn(longest)), IsEmpty());
  for (const std::string& arn :
       {std::string(), std::string("*"), std::string("arn:aws:iam::123456789012"),
        std::string("arn:aws:iam::123456789012:"), std::string("arn:aws:s3::123456789012:x"),
        std::string("arn:aws-cn:iam::123456789012:user/a"),
        std::string("arn:aws:iam:us-east-1:123456789012:user/a"),
        std::string("arn:aws:iam::12345678901:user/a"),
        std::string("arn:aws:iam::1234567890123:user/a"), std::string("arn:aws:iam:::user/a"),
        std::string("arn:aws:iam::12345678901x:user/a"),
        std::string("ARN:aws:iam::123456789012:user/a"),
        std::string("arn:aws:iam::123456789012:user/a b"),
        std::string("arn:aws:iam::123456789012:user/\\n"),
        std::string("arn:aws:iam::123456789012:user/\xC3\xA4"), longest + "x"}) {
    EXPECT_THAT(FaultsOf(WithArn(arn)), ElementsAre("principals[0].arn")) << arn;
  }
}

TEST(Principals, EnforceLengthsOfKeysAndSecrets) {
  for (const std::string& id :
       {std::string(16, 'A'), std::string(128, 'z'), std::string("abcXYZ_0123456789")}) {
    EXPECT_THAT(FaultsOf(WithKey(Key(id))), IsEmpty()) << id;
  }
  for (const std::string& id :
       {std::string(), std::string(15, 'A'), std::string(129, 'A'),
        std::string("AKIAIOSFODNN7-XAMPLE"), std::string("AKIAIOSFODNN7 XAMPLE"),
        std::string("AKIAIOSFODNN7/XAMPLE"), std::string("AKIAIOSFODNN7\xC3\x84XAMPLE")}) {
    EXPECT_THAT(FaultsOf(WithKey(Key(id))), ElementsAre("principals[0].accessKeys[0].accessKeyId"))
        << id;
  }
  for (const std::string& secret : {std::string(16, 's'), std::string(256, 's'),
                                    std::string(" ~!#$%&'()*+,-./:;<=>?@[]^_`{|}")}) {
    EXPECT_THAT(FaultsOf(WithSecret("\"" + secret + "\"")), IsEmpty()) << secret;
  }
  for (const std::string& secret :
       {std::string("\"\""), "\"" + std::string(15, 's') + "\"",
        "\"" + std::string(257, 's') + "\"", std::string("\"secret-of-15-and\\n\""),
        std::string("\"secret-of-umlaut-\xC3\xA4\xC3\xA4\""), std::string("null"),
        std::string("1234567890123456"), std::string("[\"secret-of-a-list-of-one\"]")}) {
    EXPECT_THAT(FaultsOf(WithSecret(secret)),
                ElementsAre("principals[0].accessKeys[0].secretAccessKey"))
        << secret;
  }
}

TEST(Principals, ReportAllFaultsAtOnce) {
  EXPECT_THAT(
      FaultsOf(R"({"version":0,"y":1,"principals":[{"arn":"x","accessKeys":[{"accessKeyId":"short",
          "secretAccessKey":"secret-of","status":"?"}],"policy":{"Version":"2012-10-17"}}]})"),
      UnorderedElementsAre("version", "y", "principals[0].arn",
                           "principals[0].accessKeys[0].accessKeyId",
                           "principals[0].accessKeys[0].secretAccessKey",
                           "principals[0].accessKeys[0].status", "principals[0].policy.Statement"));
}

}  // namespace
}  // namespace users::server
