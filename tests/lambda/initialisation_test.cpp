// A function reports an environment in which it cannot run, and ignores variables that it does not
// need.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/files.h"
#include "engines/dynamodb_tables.h"
#include "support/running_function.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

// A valid environment. No test here calls the store.
FunctionEnvironment GoodEnvironment() {
  storage::dynamodb::TableNames tables;
  tables.users = "users";
  tables.idempotency = "idempotency";
  return StoreEnvironment("http://127.0.0.1:1", tables);
}

// A changed variable of an otherwise valid environment. An empty value removes it.
struct Variable {
  std::string operation;
  std::string name;
  std::string value;
};

void PrintTo(const Variable& variable, std::ostream* out) {
  *out << variable.operation << " with " << variable.name << "=" << variable.value;
}

FunctionEnvironment With(const Variable& variable) {
  FunctionEnvironment environment = GoodEnvironment();
  if (variable.value.empty()) {
    environment.erase(variable.name);
  } else {
    environment[variable.name] = variable.value;
  }
  return environment;
}

const std::string kFaultyCatalogue = FunctionProgram("users_register_create");  // not JSON

class FaultyVariableTest : public ::testing::TestWithParam<Variable> {};

TEST_P(FaultyVariableTest, IsNamedInTheInitialisationError) {
  const Variable& variable = GetParam();
  RunningFunction function(variable.operation, With(variable));
  const auto report = function.runtime().WaitForReport(0);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->kind, "init/error");
  EXPECT_NE(report->head.find("Lambda-Runtime-Function-Error-Type: Function.ConfigurationInvalid"),
            std::string::npos)
      << report->head;
  const bj::object body = bj::parse(report->body).as_object();
  EXPECT_EQ(body.at("errorType"), "Function.ConfigurationInvalid");
  EXPECT_TRUE(body.at("stackTrace").as_array().empty());
  const std::string message(body.at("errorMessage").as_string());
  EXPECT_NE(message.find(variable.name), message.npos) << message;
  EXPECT_EQ(message.find('\n'), message.npos) << message;
  EXPECT_EQ(message.find("secret-of"), message.npos) << message;

  EXPECT_EQ(function.process().WaitForExit(), 1);
  EXPECT_EQ(function.runtime().reports().size(), 1U);
  EXPECT_EQ(function.process().errors(), "");
  const bj::object line = bj::parse(function.process().output()).as_object();
  EXPECT_EQ(line.at("event"), "init_failed");
  EXPECT_EQ(line.at("reason").as_string(), message);
}

std::string NameOfCase(const ::testing::TestParamInfo<Variable>& tested) {
  return std::to_string(tested.index) + "_" + tested.param.operation + "_" + tested.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    All, FaultyVariableTest,
    ::testing::Values(Variable{"users_register_create", "USERS_TABLE_NAME", ""},
                      Variable{"users_audit_query", "USERS_TABLE_NAME", ""},
                      Variable{"users_register_create", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_profile_update", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_status_update", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_role_assign", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_role_remove", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_register_create", "USER_LIST_SHARDS", "0"},
                      Variable{"users_register_create", "USER_LIST_SHARDS", "abc"},
                      Variable{"users_list_query", "USER_LIST_SHARDS", "-1"},
                      Variable{"users_list_query", "USER_LIST_SHARDS", "99999"},
                      Variable{"users_list_query", "USER_LIST_SHARDS", "8 "},
                      Variable{"users_register_create", "ROLE_CATALOG_PATH", "/nowhere/roles.json"},
                      Variable{"users_register_create", "ROLE_CATALOG_PATH", kFaultyCatalogue},
                      Variable{"users_profile_get", "ROLE_CATALOG_PATH", kFaultyCatalogue},
                      Variable{"users_profile_update", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_status_update", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_role_assign", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_role_remove", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_list_query", "AWS_SECRET_ACCESS_KEY", ""},
                      Variable{"users_list_query", "AWS_ENDPOINT_URL_DYNAMODB", "nonsense"},
                      Variable{"users_list_query", "AWS_XRAY_DAEMON_ADDRESS", "nonsense"}),
    NameOfCase);

class UnusedVariableTest : public ::testing::TestWithParam<Variable> {};

TEST_P(UnusedVariableTest, IsIgnored) {
  RunningFunction function(GetParam().operation, With(GetParam()));
  EXPECT_TRUE(function.runtime().WaitForNext(1)) << function.process().output();
  EXPECT_TRUE(function.runtime().reports().empty());
  EXPECT_EQ(function.End(), 1);
  EXPECT_EQ(function.process().errors(), "");
}

INSTANTIATE_TEST_SUITE_P(
    All, UnusedVariableTest,
    ::testing::Values(Variable{"users_profile_get", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_list_query", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_audit_query", "IDEMPOTENCY_TABLE_NAME", ""},
                      Variable{"users_register_create", "USER_LIST_SHARDS", ""},
                      Variable{"users_profile_get", "USER_LIST_SHARDS", "abc"},
                      Variable{"users_profile_update", "USER_LIST_SHARDS", "abc"},
                      Variable{"users_status_update", "USER_LIST_SHARDS", "abc"},
                      Variable{"users_audit_query", "USER_LIST_SHARDS", "abc"},
                      Variable{"users_list_query", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_audit_query", "ROLE_CATALOG_PATH", "/nowhere"},
                      Variable{"users_register_create", "ROLE_CATALOG_PATH", ""},
                      Variable{"users_register_create", "AWS_REGION", ""}),
    NameOfCase);

TEST(FunctionInitialisation, NamesTheMissingVariableOutsideLambda) {
  for (const char* address : {"", "nonsense:port", "127.0.0.1"}) {
    const TemporaryDirectory directory;
    FunctionEnvironment environment = GoodEnvironment();
    if (*address != '\0') environment["AWS_LAMBDA_RUNTIME_API"] = address;
    FunctionProcess process("users_profile_get", environment, directory / "output");
    const auto code = process.WaitForExit();
    if (std::string_view(address) == "127.0.0.1") {
      EXPECT_NE(code, 0);  // port 80, where nothing listens
      continue;
    }
    EXPECT_EQ(code, 2) << address;
    EXPECT_EQ(process.output(), "");
    EXPECT_EQ(process.errors(),
              "AWS_LAMBDA_RUNTIME_API must be HOST:PORT: this program runs in AWS Lambda\n");
  }
}

TEST(FunctionInitialisation, FailsIfTheInterfaceIsUnreachable) {
  const TemporaryDirectory directory;
  FunctionEnvironment environment = GoodEnvironment();
  environment["AWS_LAMBDA_RUNTIME_API"] = "127.0.0.1:" + std::to_string(FreePort());
  for (const char* table : {"users", ""}) {
    environment["USERS_TABLE_NAME"] = table;
    FunctionProcess process("users_profile_get", environment, directory / "output");
    EXPECT_EQ(process.WaitForExit(), 1);
    EXPECT_EQ(process.errors(), "");
    EXPECT_NE(process.output().find("runtime_gone"), std::string::npos);
  }
}

}  // namespace
}  // namespace users::testing
