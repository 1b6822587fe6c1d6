#include "domain/if_match.h"

#include <algorithm>

namespace users::domain {
namespace {

void SkipWhiteSpace(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

bool IsTagCharacter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

// Removes the quoted tag at the front of `text` and returns the text between its quotes.
std::optional<std::string> TakeQuoted(std::string_view& text) {
  if (text.empty() || text.front() != '"') return std::nullopt;
  const std::size_t end = text.find('"', 1);
  if (end == text.npos) return std::nullopt;
  const std::string_view tag = text.substr(1, end - 1);
  if (!std::all_of(tag.begin(), tag.end(), IsTagCharacter)) return std::nullopt;
  text.remove_prefix(end + 1);
  return std::string(tag);
}

}  // namespace

std::optional<IfMatch> IfMatch::Parse(std::string_view text) {
  IfMatch parsed;
  bool weak_only = false;
  SkipWhiteSpace(text);
  if (text.starts_with('*')) {
    text.remove_prefix(1);
    SkipWhiteSpace(text);
    if (!text.empty()) return std::nullopt;
    parsed.any_ = true;
    return parsed;
  }
  while (true) {
    SkipWhiteSpace(text);
    if (!text.empty() && text.front() != ',') {
      const bool weak = text.starts_with("W/");
      if (weak) text.remove_prefix(2);
      auto tag = TakeQuoted(text);
      if (!tag) return std::nullopt;
      if (weak) {
        weak_only = true;
      } else {
        parsed.strong_tags_.push_back(std::move(*tag));
      }
      SkipWhiteSpace(text);
    }
    if (text.empty()) break;
    if (text.front() != ',') return std::nullopt;
    text.remove_prefix(1);  // an empty element between commas is allowed
  }
  if (parsed.strong_tags_.empty() && !weak_only) return std::nullopt;
  return parsed;
}

bool IfMatch::Admits(std::uint64_t version, bool live) const {
  if (any_) return live;
  return std::find(strong_tags_.begin(), strong_tags_.end(), std::to_string(version)) !=
         strong_tags_.end();
}

}  // namespace users::domain
