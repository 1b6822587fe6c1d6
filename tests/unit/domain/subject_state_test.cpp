#include "domain/subject_state.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/json/json.h"

namespace users::domain {
namespace {

RoleCatalogue Parsed(const std::string& text) {
  auto catalogue = RoleCatalogue::Parse(text);
  EXPECT_TRUE(catalogue.ok());
  return std::move(*catalogue);
}

TEST(StateOf, HasTheWholeRoles) {
  const SubjectState state = StateOf(Parsed(R"({"version": 1, "deletableBy": ["b", "a"], "roles": [
    {"name": "viewer", "description": "Reads \"all\"", "permissions": ["z", "a"]},
    {"name": "admin", "description": "", "permissions": [], "grantableBy": []}]})"));
  EXPECT_EQ(state,
            (SubjectState{
                {"$deletableBy", R"(["b","a"])"},
                {"admin", R"({"description":"","grantableBy":[],"name":"admin","permissions":[]})"},
                {"viewer", R"({"description":"Reads \"all\"","name":"viewer",)"
                           R"("permissions":["a","z"]})"}}));
}

TEST(StateOf, HasNoListThatTheCatalogueLacks) {
  EXPECT_TRUE(StateOf(Parsed(R"({"version": 1, "roles": []})")).empty());
}

TEST(StateOf, IsInRfc8785Form) {
  for (const auto& [key, value] : StateOf(Parsed(std::string(DefaultRoleCatalogue())))) {
    EXPECT_EQ(json::Canonical(*json::ParseFile(value)), value) << key;
  }
}

TEST(StateOf, ReplacesAListThatIsTooLong) {
  std::string patterns;
  for (int i = 0; i < 20'000; ++i)
    patterns += (i > 0 ? ",\"arn:" : "\"arn:") + std::to_string(i) + '"';
  const SubjectState state =
      StateOf(Parsed(R"({"version": 1, "deletableBy": [)" + patterns + R"(], "roles": [
    {"name": "a", "description": "", "permissions": ["p"], "grantableBy": [)" +
                     patterns + "]}]}"));
  const std::string list =
      R"({"count":20000,"sha256":")" + ToHex(Sha256("[" + patterns + "]")) + R"("})";
  EXPECT_EQ(state.at("$deletableBy"), list);
  EXPECT_EQ(state.at("a"),
            R"({"description":"","grantableBy":)" + list + R"(,"name":"a","permissions":["p"]})");
  const auto roles = RolesOf(state);
  ASSERT_TRUE(roles.ok());
  EXPECT_EQ(roles->PermissionsOf({"a"}), std::vector<std::string>{"p"});
}

TEST(RolesOf, GivesTheSamePermissions) {
  const RoleCatalogue catalogue = Parsed(std::string(DefaultRoleCatalogue()));
  const auto roles = RolesOf(StateOf(catalogue));
  ASSERT_TRUE(roles.ok());
  EXPECT_EQ(roles->Names(), catalogue.Names());
  EXPECT_EQ(roles->PermissionsOf(catalogue.Names()), catalogue.PermissionsOf(catalogue.Names()));
}

TEST(RolesOf, RejectsOtherStates) {
  for (const SubjectState& state :
       {SubjectState{{"a", "[]"}}, SubjectState{{"a", "{}"}}, SubjectState{{"a", "x"}}}) {
    ASSERT_FALSE(RolesOf(state).ok());
    EXPECT_EQ(RolesOf(state).error().code, ErrorCode::kInternal);
  }
}

TEST(SetStateChanges, ListsOnlyTheKeysThatDiffer) {
  AuditEntry entry;
  const SubjectState after = {{"a", "1"}, {"b", "2"}, {"d", R"({"x":[]})"}};
  EXPECT_EQ(SetStateChanges(entry, {{"a", "1"}, {"b", "1"}, {"c", "3"}}, after), after);
  EXPECT_EQ(entry.changes, R"({"b":{"after":2,"before":1},"c":{"after":null,"before":3},)"
                           R"("d":{"after":{"x":[]},"before":null}})");
  EXPECT_EQ(entry.changed_fields, (std::vector<std::string>{"b", "c", "d"}));
}

TEST(ApplyStateChanges, RejectsChangesThatDoNotFollow) {
  const SubjectState before = {{"a", "1"}};
  const auto applies = [&](std::string changes, std::vector<std::string> fields) {
    AuditEntry entry;
    entry.version = 2;
    entry.changes = std::move(changes);
    entry.changed_fields = std::move(fields);
    SubjectState state = before;
    const bool applied = ApplyStateChanges(entry, state);
    EXPECT_EQ(applied, state != before);
    return applied;
  };
  EXPECT_TRUE(applies(R"({"a":{"after":2,"before":1}})", {"a"}));
  EXPECT_TRUE(applies(R"({"a":{"after":null,"before":1}})", {"a"}));
  EXPECT_FALSE(applies(R"({"a":{"after":2,"before":3}})", {"a"}));
  EXPECT_FALSE(applies(R"({"a":{"after":1,"before":1}})", {"a"}));
  EXPECT_FALSE(applies(R"({"a":{"after":2,"before":1}})", {"b"}));
  EXPECT_FALSE(applies(R"({"a":{"after":2,"before":1}})", {}));
  EXPECT_FALSE(applies(R"({"b":{"after":null,"before":null}})", {"b"}));
  EXPECT_FALSE(applies(R"({"a":{"before":1}})", {"a"}));
  EXPECT_FALSE(applies(R"({"a": {"after":2,"before":1}})", {"a"}));
  EXPECT_FALSE(applies("{}", {}));
  EXPECT_FALSE(applies("[]", {}));
  EXPECT_FALSE(applies("", {}));
}

TEST(ApplyStateChanges, AcceptsAFirstStateThatIsEmpty) {
  AuditEntry entry;
  entry.version = 1;
  SetStateChanges(entry, {}, {});
  EXPECT_EQ(entry.changes, "{}");
  SubjectState state;
  EXPECT_TRUE(ApplyStateChanges(entry, state));
  EXPECT_TRUE(state.empty());
}

SubjectState AnyState() {
  SubjectState state;
  for (const char* key : {"$deletableBy", "a", "b", "c", "arn:aws:iam::1:user/x,y"}) {
    const auto size = *rc::gen::inRange<std::size_t>(0, 6);
    if (size < 5) state[key] = '"' + std::string(size * 50'000, 'x') + '"';
  }
  return state;
}

// However large the states are, entries of limited size lead from one to the other.
RC_GTEST_PROP(SetStateChanges, LeadsToTheNewStateInEntriesOfLimitedSize, ()) {
  SubjectState before = AnyState();
  const SubjectState after = AnyState();
  for (int entries = 0; before != after; ++entries) {
    RC_ASSERT(entries < 10);
    AuditEntry entry;
    entry.version = 2;
    const SubjectState reached = SetStateChanges(entry, before, after);
    RC_ASSERT(entry.changes.size() < 410'000U);
    RC_ASSERT(std::is_sorted(entry.changed_fields->begin(), entry.changed_fields->end()));
    RC_ASSERT(json::Canonical(*json::ParseFile(entry.changes)) == entry.changes);
    RC_ASSERT(ApplyStateChanges(entry, before));
    RC_ASSERT(before == reached);
  }
}

RC_GTEST_PROP(HashOf, DiffersForDifferentStates, ()) {
  const SubjectState a = AnyState();
  const SubjectState b = AnyState();
  RC_ASSERT((domain::HashOf(a) == domain::HashOf(b)) == (a == b));
}

}  // namespace
}  // namespace users::domain
