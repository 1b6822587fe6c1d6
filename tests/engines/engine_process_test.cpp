#include "engines/engine_process.h"

#include <gtest/gtest.h>

namespace users::testing {
namespace {

TEST(EngineProcess, StartsEachEngineOnItsOwnPort) {
  const EngineProcess local("dynamodb-local");
  const EngineProcess dynoxide("dynoxide");
  EXPECT_TRUE(local.is_ready());
  EXPECT_TRUE(dynoxide.is_ready());
  EXPECT_NE(local.port(), dynoxide.port());
}

TEST(EngineProcess, IsNotReadyForAnUnknownEngine) {
  EXPECT_FALSE(EngineProcess("mongodb").is_ready());
}

}  // namespace
}  // namespace users::testing
