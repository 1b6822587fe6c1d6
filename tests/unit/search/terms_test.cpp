#include "search/terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text/text.h"
#include "search/fold.h"
#include "support/random_text.h"

namespace users::search {
namespace {

using ::testing::ElementsAre;
using ::users::testing::AnyUtf8;

domain::UserSummary Person(std::string name, std::string email) {
  domain::UserSummary user;
  user.name = std::move(name);
  user.email = std::move(email);
  return user;
}

bool Finds(std::string_view query, const domain::UserSummary& user) {
  const auto words = ParseQuery(query);
  const bool found = words.ok() && Matches(*words, user);
  EXPECT_EQ(found, words.ok() && Matches(*words, TermsOf(user)));
  return found;
}

TEST(TermsOf, AreWordsAndTheRunsWithin) {
  EXPECT_THAT(TermsOf(Person("Pat  O'Brien-Smith", "p@x")),
              ElementsAre("brien", "o", "o'brien-smith", "p", "p@x", "pat", "smith", "x"));
}

TEST(TermsOf, HaveThePartsOfTheAddress) {
  EXPECT_THAT(TermsOf(Person("A", "Ada.Lovelace+x@mail.ex-ample.com")),
              ElementsAre("a", "ada", "ada.lovelace+x", "ada.lovelace+x@mail.ex-ample.com", "ample",
                          "com", "ex", "ex-ample", "lovelace", "mail", "x"));
}

TEST(TermsOf, HaveTheUserName) {
  domain::UserSummary user = Person("A", "a@x");
  user.user_name = "Night_Owl 7";
  EXPECT_THAT(TermsOf(user), ElementsAre("7", "a", "a@x", "night", "night_owl", "owl", "x"));
}

TEST(TermsOf, HaveNoExternalId) {
  domain::UserSummary user = Person("A", "a@x");
  user.external_id = "hr-7";
  EXPECT_FALSE(Finds("hr", user));
}

TEST(TermsOf, LeaveOutWordsThatFoldToNothing) {
  EXPECT_THAT(TermsOf(Person("\u0301 \u0308b", "a@x")), ElementsAre("a", "a@x", "b", "x"));
}

TEST(ParseQuery, SplitsAtWhiteSpace) {
  EXPECT_THAT(*ParseQuery(" Zoë\u3000O'b\u0085x\t"), ElementsAre("o'b", "x", "zoe"));
}

TEST(ParseQuery, LeavesOutWordsThatDecideNothing) {
  EXPECT_THAT(*ParseQuery("ada a AD ada b"), ElementsAre("ada", "b"));
}

TEST(ParseQuery, RejectsFaultyTexts) {
  for (const char* blank : {"", " ", "\u3000\u00A0\t"}) {
    EXPECT_EQ(ParseQuery(blank).error(), "must not be blank");
  }
  EXPECT_TRUE(ParseQuery("a b c d e f g h").ok());
  EXPECT_EQ(ParseQuery("a b c d e f g h i").error(), "must have at most 8 words");
  EXPECT_EQ(ParseQuery("a a a a a a a a a").error(), "must have at most 8 words");
  EXPECT_EQ(ParseQuery("a \u0301").error(), "must not have a word of combining marks alone");
  std::string longest;
  for (int i = 0; i < 256; ++i) longest += "ä";
  EXPECT_TRUE(ParseQuery(longest).ok());
  EXPECT_EQ(ParseQuery(longest + "a").error(), "must have at most 256 characters");
}

TEST(Matches, NeedsEveryWord) {
  const auto user = Person("Ada Lovelace", "ada@example.com");
  for (const char* query : {"a", "love ada", "LOVELACE", "ada@", "exam", "com example"}) {
    EXPECT_TRUE(Finds(query, user)) << query;
  }
  for (const char* query : {"lovelaces", "velace", "ada b", "example.com", "@"}) {
    EXPECT_FALSE(Finds(query, user)) << query;
  }
}

// Each beginning of each word finds the user, however the word is written.
RC_GTEST_PROP(Search, FindsEveryBeginningOfEveryWord, ()) {
  const auto part = rc::gen::oneOf(
      rc::gen::element<std::string>("Ada", "Zoë", "ZOE\u0308", "O'Brien", "-", "李小龙", "\u0301",
                                    "Straße", "İ", " ", "\u00A0", "x_7"),
      rc::gen::suchThat(AnyUtf8(),
                        [](const std::string& text) { return !HasControlCharacter(text); }));
  const auto parts = *rc::gen::container<std::vector<std::string>>(part);
  std::string name;
  for (const std::string& each : parts) name += each;
  const auto user = Person(name, "x@y.z");
  const Terms terms = TermsOf(user);
  CharacterReader reader(name);
  std::size_t word = 0;
  CharacterClass before = CharacterClass::kSpace;
  while (const auto character = reader.Next()) {
    if (before == CharacterClass::kSpace) word = character->begin;
    before = character->kind;
    if (character->kind == CharacterClass::kSpace) continue;
    const std::string folded = Fold(name.substr(word, character->end - word));
    if (folded.empty()) continue;
    RC_ASSERT(Matches({folded}, terms));
    RC_ASSERT(Matches({folded}, user));
    RC_ASSERT(Matches({folded + "x"}, terms) == Matches({folded + "x"}, user));
  }
}

}  // namespace
}  // namespace users::search
