#include "base/program_error.h"

#include <gtest/gtest.h>

#include <string>

namespace users {
namespace {

TEST(AtOption, NamesOptionValueAndAllFaults) {
  const ProgramError error = AtOption(
      "--roles", "r.json", Error::Validation({{"version", "must be 1"}, {"roles", "is required"}}));
  EXPECT_EQ(error.exit_code, kExitCannotRun);
  EXPECT_EQ(error.message, "--roles r.json: version must be 1; roles is required");
  EXPECT_EQ(AtOption("--data", "d", Error::Internal()).exit_code, kExitCannotRun);
}

TEST(ProgramError, IsPrintedInOneLineWithoutControlCharacters) {
  const std::string line =
      InOneLine(ProgramError::CannotRun("--listen a\nb\x1B[31m: must be HOST:PORT"));
  EXPECT_EQ(line, "--listen a?b?[31m: must be HOST:PORT");
}

}  // namespace
}  // namespace users
