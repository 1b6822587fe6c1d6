// The service's half of the table that also checks the gateway's models (deployments/users).
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <string>

#include "base/files.h"
#include "support/operations_fixture.h"

namespace users::api {
namespace {

using testing::Case;

class RequestBodiesTest : public testing::OperationsTest {
 protected:
  bool Accepts(Operation operation, std::string body) {
    Case test;
    test.operation = operation;
    test.body = std::move(body);
    return Run(test).status != 400;
  }
};

Operation OperationOf(std::string_view name) {
  const auto* row = std::ranges::find(kOperations, name, &OperationRow::name);
  return row->operation;
}

TEST_F(RequestBodiesTest, MatchesTheAcceptanceTable) {
  const auto text = ReadFile(TEST_DATA_DIR "/request_bodies.json", 1 << 20);
  ASSERT_TRUE(text.ok());
  const auto table = json::ParseFile(*text);
  ASSERT_TRUE(table.ok());
  ASSERT_FALSE(table->as_array().empty());
  for (const auto& row : table->as_array()) {
    const Operation operation = OperationOf(row.at("operation").as_string());
    const std::string body = boost::json::serialize(row.at("body"));
    EXPECT_EQ(Accepts(operation, body), row.at("service").as_bool())
        << row.at("operation") << ", " << row.at("why");
  }
}

}  // namespace
}  // namespace users::api
