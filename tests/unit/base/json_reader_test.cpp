#include "base/json/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace users::json {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Fault = std::pair<std::string, std::string>;

std::vector<Fault> FaultsOf(const FieldErrors& errors) {
  std::vector<Fault> faults;
  for (const FieldError& error : errors.list()) faults.emplace_back(error.field, error.message);
  return faults;
}

bj::value ValueOf(std::string_view text) {
  return Parse(text)->value;
}

TEST(FieldErrors, KeepsTheFirstFaultPerFieldInOrder) {
  FieldErrors errors;
  EXPECT_TRUE(errors.empty());
  errors.Add("name", "first");
  errors.Add("email", "second");
  errors.Add("name", "third");
  EXPECT_FALSE(errors.empty());
  EXPECT_THAT(FaultsOf(errors), ElementsAre(Fault("name", "first"), Fault("email", "second")));
  const Error error = std::move(errors).ToError();
  EXPECT_EQ(error.code, ErrorCode::kValidation);
  EXPECT_EQ(error.fields.size(), 2U);
}

TEST(ObjectReader, ReadsMembersOfTheRightType) {
  const bj::value value = ValueOf(R"({"s":"text","i":-7,"a":[1,2],"n":null,"e":""})");
  FieldErrors errors;
  ObjectReader reader(value, "", errors);
  EXPECT_TRUE(reader.is_object());
  EXPECT_EQ(reader.String("s", Presence::kRequired), "text");
  EXPECT_EQ(reader.String("e", Presence::kRequired), "");
  EXPECT_EQ(reader.Integer("i", Presence::kRequired), -7);
  EXPECT_EQ(reader.Array("a", Presence::kRequired)->size(), 2U);
  EXPECT_TRUE(reader.Find("n", Presence::kRequired)->is_null());
  EXPECT_FALSE(reader.String("absent", Presence::kOptional));
  EXPECT_FALSE(reader.Integer("absent", Presence::kOptional));
  EXPECT_EQ(reader.Array("absent", Presence::kOptional), nullptr);
  EXPECT_EQ(reader.Find("absent", Presence::kOptional), nullptr);
  EXPECT_TRUE(reader.Has("n"));
  EXPECT_FALSE(reader.Has("absent"));
  reader.RejectOthers();
  EXPECT_THAT(FaultsOf(errors), IsEmpty());
}

TEST(ObjectReader, RejectsOtherTypesIncludingNull) {
  const bj::value value = ValueOf(
      R"({"s1":null,"s2":1,"s3":["x"],"i1":null,"i2":"1","i3":1.0,"i4":18446744073709551615,
          "i5":true,          "a1":null,"a2":{},"a3":"[]"})");
  FieldErrors errors;
  ObjectReader reader(value, "", errors);
  for (const char* name : {"s1", "s2", "s3"})
    EXPECT_FALSE(reader.String(name, Presence::kOptional));
  for (const char* name : {"i1", "i2", "i3", "i4", "i5"}) {
    EXPECT_FALSE(reader.Integer(name, Presence::kOptional));
  }
  for (const char* name : {"a1", "a2", "a3"}) {
    EXPECT_EQ(reader.Array(name, Presence::kOptional), nullptr);
  }
  EXPECT_EQ(errors.list().size(), 11U);
  for (const FieldError& error : errors.list()) {
    const char* expected = error.field[0] == 's'   ? "must be a string"
                           : error.field[0] == 'i' ? "must be a whole number"
                                                   : "must be a list";
    EXPECT_EQ(error.message, expected) << error.field;
  }
}

TEST(ObjectReader, ReportsMissingAndUnknownMembersByPath) {
  const bj::value value = ValueOf(R"({"known":"x","Known":"x","z":1,"":2})");
  FieldErrors errors;
  ObjectReader reader(value, "roles[1]", errors);
  reader.String("known", Presence::kRequired);
  reader.String("missing", Presence::kRequired);
  reader.RejectOthers();
  EXPECT_THAT(FaultsOf(errors), ElementsAre(Fault("roles[1].missing", "is required"),
                                            Fault("roles[1].Known", "is not known here"),
                                            Fault("roles[1].z", "is not known here"),
                                            Fault("roles[1].", "is not known here")));
}

TEST(ObjectReader, ReportsANonObjectRootOnce) {
  for (const std::string_view text : {"null", "[]", "\"x\"", "1", "true", "[{\"a\":1}]"}) {
    const bj::value value = ValueOf(text);
    FieldErrors errors;
    ObjectReader reader(value, "", errors);
    EXPECT_FALSE(reader.is_object());
    EXPECT_FALSE(reader.Has("a"));
    EXPECT_FALSE(reader.String("a", Presence::kRequired));
    EXPECT_FALSE(reader.Integer("a", Presence::kRequired));
    reader.RejectOthers();
    EXPECT_THAT(FaultsOf(errors), ElementsAre(Fault("body", "must be an object"))) << text;
  }
}

TEST(ObjectReader, UsesTheGivenRootName) {
  const bj::value value;
  FieldErrors errors;
  const ObjectReader file(value, "", errors, "file");
  const ObjectReader element(value, "roles[0]", errors, "file");
  EXPECT_THAT(FaultsOf(errors), ElementsAre(Fault("file", "must be an object"),
                                            Fault("roles[0]", "must be an object")));
}

TEST(Strings, ReportsElementsOfAnotherType) {
  const bj::value value = ValueOf(R"(["a",1,"b",null])");
  FieldErrors errors;
  EXPECT_THAT(Strings(value.as_array(), "list", errors), ElementsAre("a", "b"));
  EXPECT_THAT(FaultsOf(errors), ElementsAre(Fault("list[1]", "must be a string"),
                                            Fault("list[3]", "must be a string")));
  EXPECT_EQ(ElementPath("a.b", 12), "a.b[12]");
}

}  // namespace
}  // namespace users::json
