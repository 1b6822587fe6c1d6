#include "search/local/postings.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "search/local/index_state.h"

namespace users::search::local {
namespace {

Ulid AnyUser() {
  Ulid user;
  for (auto& byte : user.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return user;
}

// Short alphabets make terms that share prefixes.
std::string AnyWord() {
  const auto letters =
      *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "b", "ø"));
  std::string word = "a";
  for (const std::string& letter : letters) word += letter;
  return word;
}

Terms AnyTerms() {
  Terms terms;
  const int count = *rc::gen::inRange(0, 12);
  for (int i = 0; i < count; ++i) terms.push_back(AnyWord());
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

TEST(Postings, HavePrefixesOfOneTwoFourAndEightCodePoints) {
  const Ulid user;
  std::string found;
  for (const auto& [key, value] : PostingsOf(user, {"ada", "adäquates", "b"})) {
    found += key.substr(0, key.size() - 17) + "=";
    for (const char c : value) found += c == '\0' ? '|' : c;
    found += " ";
  }
  EXPECT_EQ(found, "a= ad=ä|a adäq=uat adäquate=s b= ");
}

RC_GTEST_PROP(Postings, FindAUserExactlyIfAWordIsAPrefixOfATerm, ()) {
  const Ulid user = AnyUser();
  const Terms terms = AnyTerms();
  const Postings postings = PostingsOf(user, ShownBy(terms));
  const std::string word = AnyWord();
  const PostingList list(word);
  const auto posting = postings.find(PostingKey(list, user));
  const bool found = posting != postings.end() && ValueHas(posting->second, list.rest);
  if (Matches({word}, terms)) RC_ASSERT(found);
  // Longer words may find users that do not match.
  if (word.size() <= 16) RC_ASSERT(found == Matches({word}, terms));
}

RC_GTEST_PROP(Postings, NameTheirUser, ()) {
  const Ulid user = AnyUser();
  for (const auto& [key, value] : PostingsOf(user, AnyTerms())) RC_ASSERT(UserOf(key) == user);
}

RC_GTEST_PROP(Terms, AreDecodedAsEncoded, ()) {
  const Terms terms = AnyTerms();
  RC_ASSERT(DecodeTerms(EncodeTerms(terms)) == terms);
}

TEST(IndexState, IsDecodedAsEncoded) {
  IndexState state;
  EXPECT_EQ(DecodeState(EncodeState(state)), state);
  state.position = 7;
  state.built_to = Ulid();
  state.built_to->bytes[3] = 9;
  state.change = KnownChange{"AUDIT#x", "0000000001", Sha256("x")};
  EXPECT_EQ(DecodeState(EncodeState(state)), state);
}

TEST(IndexState, OfAnotherVersionIsNone) {
  const std::string row = EncodeState(IndexState());
  EXPECT_EQ(DecodeState(""), std::nullopt);
  EXPECT_EQ(DecodeState(row.substr(1)), std::nullopt);
  for (const char* text : {"format", "utf8proc", "Unicode"}) {
    std::string other = row;
    const std::size_t at = other.find(text);
    ASSERT_NE(at, other.npos);
    other[at] ^= 1;
    EXPECT_EQ(DecodeState(other), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace users::search::local
