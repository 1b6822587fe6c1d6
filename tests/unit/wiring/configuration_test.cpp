// The configuration that functions read from their environment (wiring/lambda/configuration.h).
#include "wiring/lambda/configuration.h"

#include <gtest/gtest.h>

#include <map>

#include "base/files.h"
#include "support/fake_environment.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

using wiring::ReadConfiguration;

using Variables = std::map<std::string, std::string>;

constexpr const char* kCatalogue =
    R"({"version":1,"roles":[{"name":"viewer","description":"","permissions":["users:read"]}]})";

constexpr unsigned kEverything = api::kIdempotencyTable | api::kListShards | api::kRoleCatalogue;

class FunctionConfigurationTest : public ::testing::Test {
 protected:
  FunctionConfigurationTest() { EXPECT_TRUE(Write(kCatalogue)); }

  bool Write(const std::string& catalogue) {
    return WriteFileAtomically(path_, catalogue, 0600).ok();
  }
  // Returns the environment with one variable changed.
  Variables With(const std::string& name, const std::string& value) const {
    Variables variables = {{"USERS_TABLE_NAME", "u"},
                           {"IDEMPOTENCY_TABLE_NAME", "i"},
                           {"USER_LIST_SHARDS", "12"},
                           {"ROLE_CATALOG_PATH", path_}};
    variables[name] = value;
    return variables;
  }
  static std::string FaultOf(unsigned needs, const Variables& variables) {
    const auto read = ReadConfiguration(needs, FakeEnvironment(variables));
    return read.ok() ? "" : InOneLine(read.error());
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "roles.json";
};

TEST_F(FunctionConfigurationTest, ReadsAllMembers) {
  const auto read = ReadConfiguration(kEverything, FakeEnvironment(With("", "")));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->tables.users, "u");
  EXPECT_EQ(read->tables.idempotency, "i");
  EXPECT_EQ(read->list_shards, 12U);
  EXPECT_NE(read->roles.Find("viewer"), nullptr);
}

TEST_F(FunctionConfigurationTest, DefaultsToEightShards) {
  const auto read = ReadConfiguration(kEverything, FakeEnvironment(With("USER_LIST_SHARDS", "")));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->list_shards, 8U);
}

TEST_F(FunctionConfigurationTest, NamesTheFaultyVariableInOneLine) {
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"USERS_TABLE_NAME", ""},
           {"IDEMPOTENCY_TABLE_NAME", ""},
           {"USER_LIST_SHARDS", "0"},
           {"USER_LIST_SHARDS", "abc"},
           {"USER_LIST_SHARDS", "-1"},
           {"USER_LIST_SHARDS", "99999"},
           {"USER_LIST_SHARDS", "8 "},
           {"USER_LIST_SHARDS", "8.0"},
           {"USER_LIST_SHARDS", "+8"},
           {"ROLE_CATALOG_PATH", directory_ / "nowhere.json"},
           {"ROLE_CATALOG_PATH", directory_.path()}}) {
    const std::string fault = FaultOf(kEverything, With(name, value));
    EXPECT_TRUE(fault.starts_with(name + " ")) << name << "=" << value << ": " << fault;
    EXPECT_EQ(fault.find('\n'), std::string::npos) << fault;
  }
}

TEST_F(FunctionConfigurationTest, NamesAFaultyCatalogue) {
  for (const char* catalogue : {"", "{", "[]", "{\"version\":2,\"roles\":[]}",
                                "{\"version\":1,\"roles\":[],\"other\":1}"}) {
    ASSERT_TRUE(Write(catalogue));
    const std::string fault = FaultOf(kEverything, With("", ""));
    EXPECT_TRUE(fault.starts_with("ROLE_CATALOG_PATH " + path_)) << catalogue << ": " << fault;
  }
}

TEST_F(FunctionConfigurationTest, IgnoresUnusedVariables) {
  const Variables variables = {
      {"USERS_TABLE_NAME", "u"}, {"USER_LIST_SHARDS", "abc"}, {"ROLE_CATALOG_PATH", "/nowhere"}};
  EXPECT_EQ(FaultOf(api::kNothing, variables), "");
}

}  // namespace
}  // namespace users::testing
