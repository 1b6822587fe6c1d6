#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace users {
namespace {

TEST(Result, HoldsAValueOrAnError) {
  Result<std::unique_ptr<int>> value = std::make_unique<int>(7);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(**value, 7);
  const std::unique_ptr<int> moved = std::move(*value);
  EXPECT_EQ(*moved, 7);

  const Result<std::string> error = Error::Of(ErrorCode::kNotFound, "nothing");
  ASSERT_FALSE(error.ok());
  EXPECT_EQ(error.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(error.error().message, "nothing");
}

TEST(Result, CanHaveAnotherErrorType) {
  struct Fault {
    int line;
  };
  const Result<std::string, Fault> value = std::string("text");
  EXPECT_TRUE(value.ok());
  const Result<std::string, Fault> fault = Fault{7};
  ASSERT_FALSE(fault.ok());
  EXPECT_EQ(fault.error().line, 7);
}

TEST(Error, HasTheCodeOfItsFactory) {
  EXPECT_EQ(Error::Internal().code, ErrorCode::kInternal);
  EXPECT_EQ(Error::Unavailable("x").code, ErrorCode::kUnavailable);
  const Error validation = Error::Validation("email", "is required");
  EXPECT_EQ(validation.code, ErrorCode::kValidation);
  ASSERT_EQ(validation.fields.size(), 1U);
  EXPECT_EQ(validation.fields[0].field, "email");
  EXPECT_EQ(validation.fields[0].message, "is required");
}

TEST(InOneLine, ListsAllFaultsOrTheMessage) {
  EXPECT_EQ(InOneLine(Error::Unavailable("No such file or directory")),
            "No such file or directory");
  EXPECT_EQ(InOneLine(Error::Validation("the file", "is not valid JSON")),
            "the file is not valid JSON");
  EXPECT_EQ(InOneLine(Error::Validation({{"version", "must be 1"}, {"roles[0].name", "is bad"}})),
            "version must be 1; roles[0].name is bad");
}

TEST(InOneLine, TruncatesLongLists) {
  std::vector<FieldError> faults;
  for (int i = 1; i <= 5; ++i) faults.push_back({"f" + std::to_string(i), "x"});
  EXPECT_EQ(InOneLine(Error::Validation(faults)), "f1 x; f2 x; f3 x; f4 x; f5 x");
  faults.push_back({"f6", "x"});
  faults.push_back({"f7", "x"});
  EXPECT_EQ(InOneLine(Error::Validation(faults)), "f1 x; f2 x; f3 x; f4 x; f5 x; and 2 more");
}

// Member names come from files, and an operator's terminal obeys control characters.
TEST(InOneLine, RemovesControlCharacters) {
  const std::string line =
      InOneLine(Error::Validation("a\nb\r\x1B[31m\x7F\xC2\x85", "is not known here"));
  const std::string message =
      InOneLine(Error::Unavailable("--listen a\nb\r\x1B[31m\x7F\xC2\x85: must be HOST:PORT"));
  for (const std::string control : {"\n", "\r", "\x1B", "\x7F", "\xC2\x85"}) {
    EXPECT_EQ(line.find(control), std::string::npos) << ::testing::PrintToString(line);
    EXPECT_EQ(message.find(control), std::string::npos) << ::testing::PrintToString(message);
  }
}

}  // namespace
}  // namespace users
