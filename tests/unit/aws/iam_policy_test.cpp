#include "aws/iam_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"

namespace users::aws {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr std::string_view kInvoke = "execute-api:invoke";
constexpr std::string_view kResource =
    "arn:aws:execute-api:us-east-1:000000000000:users/local/GET/users/01A";

std::vector<std::string> FaultsOf(std::string_view text) {
  json::FieldErrors errors;
  const auto policy = IamPolicy::Parse(json::Parse(text)->value, "policy", errors);
  EXPECT_EQ(policy.has_value(), errors.empty()) << text;
  std::vector<std::string> fields;
  for (const FieldError& error : errors.list()) fields.push_back(error.field);
  return fields;
}

std::string WithStatement(std::string_view statement) {
  return R"({"Version":"2012-10-17","Statement":)" + std::string(statement) + "}";
}

std::string Statement(std::string_view effect, std::string_view action, std::string_view resource) {
  return R"({"Effect":")" + std::string(effect) + R"(","Action":")" + std::string(action) +
         R"(","Resource":")" + std::string(resource) + R"("})";
}

bool Allows(const std::string& statements, std::string_view action = kInvoke,
            std::string_view resource = kResource) {
  json::FieldErrors errors;
  const auto parsed = json::Parse(WithStatement(statements));
  const auto policy = IamPolicy::Parse(parsed->value, "policy", errors);
  EXPECT_TRUE(policy) << statements;
  return policy && policy->Allows(action, resource);
}

TEST(IamPolicy, ParsesEveryAdmittedForm) {
  for (const std::string& text : {
           WithStatement(R"({"Effect":"Allow","Action":"a:b","Resource":"*"})"),
           WithStatement(R"([{"Effect":"Deny","Action":["a:b","*"],"Resource":["x","y"]}])"),
           WithStatement(R"([{"Sid":"s","Effect":"Allow","Action":"a","Resource":"b"},
                             {"Sid":"s","Effect":"Deny","Action":"a","Resource":"b"}])"),
           std::string(R"({"Id":"i","Version":"2012-10-17",
                           "Statement":{"Sid":"","Effect":"Allow","Action":"a","Resource":"b"}})"),
       }) {
    EXPECT_THAT(FaultsOf(text), ElementsAre()) << text;
  }
}

struct Fault {
  std::string text;
  std::string field;
};

TEST(IamPolicy, RejectsOtherFormsAndNamesTheField) {
  const std::string good = Statement("Allow", "a", "b");
  const auto with = [](std::string_view member) {
    return WithStatement(R"([{"Effect":"Allow","Action":"a","Resource":"b",)" +
                         std::string(member) + "}]");
  };
  const Fault faults[] = {
      {"null", "policy"},
      {"[]", "policy"},
      {"\"*\"", "policy"},
      {R"({"Statement":)" + good + "}", "policy.Version"},
      {R"({"Version":"2008-10-17","Statement":)" + good + "}", "policy.Version"},
      {R"({"Version":20121017,"Statement":)" + good + "}", "policy.Version"},
      {R"({"Version":"2012-10-17"})", "policy.Statement"},
      {R"({"Version":"2012-10-17","Id":1,"Statement":)" + good + "}", "policy.Id"},
      {R"({"Version":"2012-10-17","Id":null,"Statement":)" + good + "}", "policy.Id"},
      {R"({"Version":"2012-10-17","x":1,"Statement":)" + good + "}", "policy.x"},
      {R"({"Version":"2012-10-17","statement":1,"Statement":)" + good + "}", "policy.statement"},
      {WithStatement("[]"), "policy.Statement"},
      {WithStatement("null"), "policy.Statement"},
      {WithStatement("\"Allow\""), "policy.Statement"},
      {WithStatement("[1]"), "policy.Statement[0]"},
      {WithStatement("[" + good + ",[]]"), "policy.Statement[1]"},
      {WithStatement(R"({"Action":"a","Resource":"b"})"), "policy.Statement.Effect"},
      {WithStatement("[" + Statement("allow", "a", "b") + "]"), "policy.Statement[0].Effect"},
      {WithStatement("[" + Statement("", "a", "b") + "]"), "policy.Statement[0].Effect"},
      {WithStatement(R"({"Effect":"Allow","Resource":"b"})"), "policy.Statement.Action"},
      {WithStatement(R"({"Effect":"Allow","Action":"a"})"), "policy.Statement.Resource"},
      {WithStatement(R"({"Effect":"Allow","Action":[],"Resource":"b"})"),
       "policy.Statement.Action"},
      {WithStatement(R"({"Effect":"Allow","Action":"a","Resource":[]})"),
       "policy.Statement.Resource"},
      {WithStatement(R"({"Effect":"Allow","Action":"","Resource":"b"})"),
       "policy.Statement.Action"},
      {WithStatement(R"({"Effect":"Allow","Action":"a","Resource":["b",""]})"),
       "policy.Statement.Resource"},
      {WithStatement(R"({"Effect":"Allow","Action":null,"Resource":"b"})"),
       "policy.Statement.Action"},
      {WithStatement(R"({"Effect":"Allow","Action":{"a":1},"Resource":"b"})"),
       "policy.Statement.Action"},
      {WithStatement(R"({"Effect":"Allow","Action":["a",1],"Resource":"b"})"),
       "policy.Statement.Action[1]"},
      {WithStatement(R"({"Effect":"Allow","Action":"a","Resource":["b",["c"]]})"),
       "policy.Statement.Resource[1]"},
      {with(R"("Sid":1)"), "policy.Statement[0].Sid"},
      {with(R"("NotAction":"a")"), "policy.Statement[0].NotAction"},
      {with(R"("NotResource":"b")"), "policy.Statement[0].NotResource"},
      {with(R"("Principal":"*")"), "policy.Statement[0].Principal"},
      {with(R"("NotPrincipal":"*")"), "policy.Statement[0].NotPrincipal"},
      {with(R"("Condition":{})"), "policy.Statement[0].Condition"},
      {with(R"("effect":"Deny")"), "policy.Statement[0].effect"},
  };
  for (const Fault& fault : faults) {
    EXPECT_THAT(FaultsOf(fault.text), ElementsAre(fault.field)) << fault.text;
  }
}

TEST(IamPolicy, ReportsAllFaultsAtOnce) {
  EXPECT_THAT(FaultsOf(R"({"Version":"1","x":1,"Statement":[{"Effect":"No","Action":[]},{}]})"),
              UnorderedElementsAre("policy.Version", "policy.x", "policy.Statement[0].Effect",
                                   "policy.Statement[0].Action", "policy.Statement[0].Resource",
                                   "policy.Statement[1].Effect", "policy.Statement[1].Action",
                                   "policy.Statement[1].Resource"));
}

TEST(IamPolicy, DeniesByDefault) {
  EXPECT_FALSE(Allows(Statement("Allow", "execute-api:Invoke", "arn:other")));
  EXPECT_FALSE(Allows(Statement("Allow", "s3:GetObject", "*")));
  EXPECT_FALSE(Allows(Statement("Deny", "s3:GetObject", "*")));
}

TEST(IamPolicy, LetsDenyOverrideAllowInAnyOrder) {
  const std::string allow = Statement("Allow", "*", "*");
  const std::string deny = Statement("Deny", "execute-api:Invoke", "*/GET/users/*");
  EXPECT_TRUE(Allows(allow));
  EXPECT_FALSE(Allows("[" + allow + "," + deny + "]"));
  EXPECT_FALSE(Allows("[" + deny + "," + allow + "]"));
  EXPECT_FALSE(Allows("[" + allow + "," + deny + "," + allow + "]"));
  EXPECT_TRUE(Allows("[" + deny + "," + allow + "]", kInvoke, "arn:x/POST/users"));
}

TEST(IamPolicy, MatchesActionsCaseInsensitively) {
  for (const char* action : {"execute-api:Invoke", "EXECUTE-API:INVOKE", "execute-api:invoke",
                             "execute-api:*", "execute-api:I*E", "*", "EXECUTE-???:invok?"}) {
    EXPECT_TRUE(Allows(Statement("Allow", action, "*"))) << action;
  }
  for (const char* action : {"execute-api", "execute-api:Invoke2", "execute-api:ManageConnections",
                             "xexecute-api:Invoke", "?"}) {
    EXPECT_FALSE(Allows(Statement("Allow", action, "*"))) << action;
  }
}

TEST(IamPolicy, MatchesResourcesCaseSensitively) {
  for (const char* resource :
       {"*", "arn:aws:execute-api:us-east-1:000000000000:users/local/GET/users/01A",
        "arn:aws:execute-api:*:*:*/*/GET/users/*", "arn:aws:execute-api:*", "*/users/???",
        "arn:aws:execute-api:us-*:0*0:users/l?cal/GET/users/01A"}) {
    EXPECT_TRUE(Allows(Statement("Allow", "*", resource))) << resource;
  }
  for (const char* resource :
       {"ARN:aws:execute-api:*", "arn:aws:execute-api:*/get/users/*", "*/users/01a", "*/GET/users",
        "*/GET/users/", "*/POST/*", "arn:aws:execute-api:eu-*", "*/users/??"}) {
    EXPECT_FALSE(Allows(Statement("Allow", "*", resource))) << resource;
  }
}

TEST(IamPolicy, MatchesAnyElementOfAList) {
  const std::string lists =
      R"({"Effect":"Allow","Action":["s3:*","execute-api:Invoke"],"Resource":["x","*01A"]})";
  EXPECT_TRUE(Allows(lists));
  EXPECT_TRUE(Allows(lists, "s3:getobject", "x"));
  EXPECT_FALSE(Allows(lists, "s3:getobject", "y"));
  EXPECT_FALSE(Allows(lists, "ec2:run", "x"));
}

TEST(IamPolicy, AllowsNothingIfEmpty) {
  EXPECT_FALSE(IamPolicy().Allows(kInvoke, "x"));
}

}  // namespace
}  // namespace users::aws
