#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The form in which a search compares texts, and the classes of characters that it distinguishes.
// The tables are utf8proc's. All functions are pure and thread-safe.
namespace users::search {

// Return or append the text without letter case and without combining marks: "Zoë" and "ZOE" become
// "zoe". Texts that are canonically equivalent have the same form. Fold(a + b) is Fold(a) + Fold(b),
// so the form of a prefix is a prefix of the form. Folding a form changes nothing. The result may be
// empty, for a text of combining marks alone. Bytes that are not valid UTF-8 are left out.
std::string Fold(std::string_view utf8);
void AppendFold(std::string& out, std::string_view utf8);

// The classes of characters: Unicode's White_Space; letters, digits and marks (L, N, M); all others.
enum class CharacterClass { kSpace, kWord, kOther };

// Reads the characters of a text one after another. The text must outlive the reader. Not
// thread-safe.
class CharacterReader {
 public:
  // One character: its place in the text and its class.
  struct Character {
    std::size_t begin = 0;
    std::size_t end = 0;
    CharacterClass kind = CharacterClass::kOther;
  };

  explicit CharacterReader(std::string_view utf8) : text_(utf8) {}
  // Returns the next character, or nothing after the last one. A byte that is not part of a valid
  // character is one character of class kOther.
  std::optional<Character> Next();

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

// Returns the first `count` code points of valid UTF-8, or the whole text if it has fewer.
std::string_view FirstCodePoints(std::string_view utf8, std::size_t count);

// Returns the versions of the library and of its Unicode tables. An index that was made with other
// versions may contain other forms.
std::string FoldingVersion();

}  // namespace users::search
