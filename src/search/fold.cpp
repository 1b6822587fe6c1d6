#include "search/fold.h"

#include <utf8proc.h>

#include <array>

#include "base/text/text.h"

namespace users::search {
namespace {

// More than one code point ever becomes.
constexpr std::size_t kMaxExpansion = 32;
using CodePoints = std::array<utf8proc_int32_t, kMaxExpansion>;

constexpr int kWithoutMarks = UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK;
constexpr int kWithoutCase = kWithoutMarks | UTF8PROC_CASEFOLD;

// Reads one code point. Returns the number of its bytes, or 0 if they are not valid.
std::size_t ReadCodePoint(std::string_view text, utf8proc_int32_t& code_point) {
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto size =
      utf8proc_iterate(bytes, static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

// Returns how many code points the code point becomes.
std::size_t Transform(utf8proc_int32_t code_point, int options, CodePoints& out) {
  int last_boundary = UTF8PROC_BOUNDCLASS_START;
  const auto count =
      utf8proc_decompose_char(code_point, out.data(), static_cast<utf8proc_ssize_t>(out.size()),
                              static_cast<utf8proc_option_t>(options), &last_boundary);
  return count > 0 && static_cast<std::size_t>(count) <= out.size()
             ? static_cast<std::size_t>(count)
             : 0;
}

void Append(std::string& out, utf8proc_int32_t code_point) {
  std::array<utf8proc_uint8_t, 4> bytes;
  const auto size = utf8proc_encode_char(code_point, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

// The marks are removed first. Otherwise the letters that some marks become without their case
// would depend on how the text is composed (U+1FB3, and U+03B1 U+0345).
void AppendFolded(std::string& out, utf8proc_int32_t code_point) {
  CodePoints parts;
  CodePoints folded;
  const std::size_t part_count = Transform(code_point, kWithoutMarks, parts);
  for (std::size_t i = 0; i < part_count; ++i) {
    const std::size_t folded_count = Transform(parts[i], kWithoutCase, folded);
    for (std::size_t k = 0; k < folded_count; ++k) Append(out, folded[k]);
  }
}

bool IsAscii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

// The same as ClassOf, without a look-up.
CharacterClass ClassOfAscii(char c) {
  const char lower = LowerAscii(c);
  if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')) return CharacterClass::kWord;
  return c == ' ' || (c >= '\t' && c <= '\r') ? CharacterClass::kSpace : CharacterClass::kOther;
}

CharacterClass ClassOf(utf8proc_int32_t code_point) {
  switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
      return CharacterClass::kWord;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return CharacterClass::kSpace;
    default:
      break;
  }
  // White_Space consists of the separators and these six control characters.
  const bool is_space = (code_point >= 0x09 && code_point <= 0x0D) || code_point == 0x85;
  return is_space ? CharacterClass::kSpace : CharacterClass::kOther;
}

}  // namespace

void AppendFold(std::string& folded, std::string_view utf8) {
  while (!utf8.empty()) {
    if (IsAscii(utf8.front())) {
      folded += LowerAscii(utf8.front());
      utf8.remove_prefix(1);
      continue;
    }
    utf8proc_int32_t code_point = 0;
    const std::size_t size = ReadCodePoint(utf8, code_point);
    if (size > 0) AppendFolded(folded, code_point);
    utf8.remove_prefix(size > 0 ? size : 1);
  }
}

std::string Fold(std::string_view utf8) {
  std::string folded;
  AppendFold(folded, utf8);
  return folded;
}

std::optional<CharacterReader::Character> CharacterReader::Next() {
  if (at_ == text_.size()) return std::nullopt;
  if (IsAscii(text_[at_])) {
    Character ascii;
    ascii.begin = at_++;
    ascii.end = at_;
    ascii.kind = ClassOfAscii(text_[ascii.begin]);
    return ascii;
  }
  utf8proc_int32_t code_point = 0;
  const std::size_t size = ReadCodePoint(text_.substr(at_), code_point);
  Character character;
  character.begin = at_;
  character.end = at_ = at_ + (size > 0 ? size : 1);
  if (size > 0) character.kind = ClassOf(code_point);
  return character;
}

std::string_view FirstCodePoints(std::string_view utf8, std::size_t count) {
  std::size_t end = 0;
  while (end < utf8.size() && count > 0) {
    ++end;
    while (end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80) ++end;
    --count;
  }
  return utf8.substr(0, end);
}

std::string FoldingVersion() {
  return std::string("utf8proc ") + utf8proc_version() + ", Unicode " + utf8proc_unicode_version();
}

}  // namespace users::search
