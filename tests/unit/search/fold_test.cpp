#include "search/fold.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <utf8proc.h>

#include <cstdlib>
#include <set>

#include "support/random_text.h"

namespace users::search {
namespace {

using ::users::testing::AnyUtf8;
using ::users::testing::AppendUtf8;

template <class Check>
void ForEachCodePoint(Check check) {
  for (char32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point >= 0xD800 && point < 0xE000) continue;
    std::string text;
    AppendUtf8(text, point);
    check(point, text);
  }
}

std::string Composed(const std::string& text) {
  auto* bytes = utf8proc_NFC(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  std::string composed(reinterpret_cast<char*>(bytes));
  std::free(bytes);  // NOLINT: the library allocates with malloc
  return composed;
}

std::string Decomposed(const std::string& text) {
  auto* bytes = utf8proc_NFD(reinterpret_cast<const utf8proc_uint8_t*>(text.c_str()));
  std::string decomposed(reinterpret_cast<char*>(bytes));
  std::free(bytes);  // NOLINT: the library allocates with malloc
  return decomposed;
}

TEST(Fold, IgnoresLetterCaseAndMarks) {
  EXPECT_EQ(Fold("Zoë"), "zoe");
  EXPECT_EQ(Fold("ZOE\u0308"), "zoe");
  EXPECT_EQ(Fold("Ångström"), "angstrom");
  EXPECT_EQ(Fold("Straße"), "strasse");
  EXPECT_EQ(Fold("ΣΊΣΥΦΟΣ"), Fold("σίσυφος"));
  EXPECT_EQ(Fold("İIıi"), "iiıi");
  EXPECT_EQ(Fold("o'Brien-Smith 7"), "o'brien-smith 7");
  EXPECT_EQ(Fold("שָׁלוֹם"), "שלום");
  EXPECT_EQ(Fold("🦊"), "🦊");
  EXPECT_EQ(Fold("\u0301"), "");
  EXPECT_EQ(Fold(""), "");
}

TEST(Fold, DoesNotDependOnComposition) {
  // The mark becomes a letter without its case.
  EXPECT_EQ(Fold("\u1FB3"), Fold("\u03B1\u0345"));
  ForEachCodePoint([](char32_t point, const std::string& text) {
    if (point == 0) return;  // the end of a text for the library
    EXPECT_EQ(Fold(Decomposed(text)), Fold(text)) << std::hex << static_cast<unsigned>(point);
    EXPECT_EQ(Fold(Composed(text)), Fold(text)) << std::hex << static_cast<unsigned>(point);
  });
}

TEST(Fold, ChangesNoFoldedText) {
  ForEachCodePoint([](char32_t point, const std::string& text) {
    EXPECT_EQ(Fold(Fold(text)), Fold(text)) << std::hex << static_cast<unsigned>(point);
  });
}

RC_GTEST_PROP(Fold, OfATextIsTheFoldOfItsParts, ()) {
  const std::string a = *AnyUtf8();
  const std::string b = *AnyUtf8();
  RC_ASSERT(Fold(a + b) == Fold(a) + Fold(b));
}

TEST(Fold, LeavesInvalidBytesOut) {
  EXPECT_EQ(Fold("a\xFF\xC3"), "a");
  EXPECT_EQ(Fold("\xED\xA0\x80Z"), "z");
}

TEST(CharacterReader, FindsUnicodesWhiteSpace) {
  const std::set<char32_t> spaces = {0x09,   0x0A,   0x0B,   0x0C,   0x0D,   0x20,   0x85,
                                     0xA0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
                                     0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200A, 0x2028,
                                     0x2029, 0x202F, 0x205F, 0x3000};
  ForEachCodePoint([&](char32_t point, const std::string& text) {
    const auto character = CharacterReader(text).Next();
    ASSERT_TRUE(character);
    EXPECT_EQ(character->kind == CharacterClass::kSpace, spaces.contains(point))
        << std::hex << static_cast<unsigned>(point);
  });
}

TEST(CharacterReader, FindsLettersDigitsAndMarks) {
  for (const char* text : {"a", "Ä", "7", "Ⅷ", "²", "\u0301", "ா", "李", "ش", "ʰ"}) {
    EXPECT_EQ(CharacterReader(text).Next()->kind, CharacterClass::kWord) << text;
  }
  for (const char* text : {"'", "-", ".", "@", "_", "+", "🦊", "\u200D", "\x01", "\u00AD"}) {
    EXPECT_EQ(CharacterReader(text).Next()->kind, CharacterClass::kOther) << text;
  }
}

TEST(CharacterReader, ReadsEveryByte) {
  CharacterReader reader(
      "a\xFF"
      "ä");
  std::string places;
  while (const auto character = reader.Next()) {
    places += std::to_string(character->begin) + "-" + std::to_string(character->end) + " ";
  }
  EXPECT_EQ(places, "0-1 1-2 2-4 ");
}

TEST(FirstCodePoints, CutsBetweenCharacters) {
  EXPECT_EQ(FirstCodePoints("aä🦊b", 0), "");
  EXPECT_EQ(FirstCodePoints("aä🦊b", 2), "aä");
  EXPECT_EQ(FirstCodePoints("aä🦊b", 3), "aä🦊");
  EXPECT_EQ(FirstCodePoints("aä🦊b", 9), "aä🦊b");
}

}  // namespace
}  // namespace users::search
