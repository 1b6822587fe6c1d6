#include "search/terms.h"

#include <algorithm>

#include "base/text/text.h"
#include "search/fold.h"

namespace users::search {
namespace {

void AddTerm(Terms& terms, std::string_view text) {
  std::string folded = Fold(text);
  if (!folded.empty()) terms.push_back(std::move(folded));
}

// Calls `found` with each longest part of the text whose characters all have a class for which
// `belongs` is true.
template <class Belongs, class Found>
void ForEachPart(std::string_view text, Belongs belongs, Found found) {
  std::size_t begin = 0;
  std::size_t end = 0;
  CharacterReader reader(text);
  while (const auto character = reader.Next()) {
    if (belongs(character->kind)) {
      if (end == begin) begin = character->begin;
      end = character->end;
    } else {
      if (end > begin) found(text.substr(begin, end - begin));
      begin = end = character->end;
    }
  }
  if (end > begin) found(text.substr(begin, end - begin));
}

template <class Found>
void ForEachWord(std::string_view text, Found found) {
  ForEachPart(
      text, [](CharacterClass kind) { return kind != CharacterClass::kSpace; }, found);
}

// Adds each word, and each run of letters, digits and marks within it.
void AddWords(Terms& terms, std::string_view text) {
  ForEachWord(text, [&](std::string_view word) {
    AddTerm(terms, word);
    ForEachPart(
        word, [](CharacterClass kind) { return kind == CharacterClass::kWord; },
        [&](std::string_view run) {
          if (run.size() < word.size()) AddTerm(terms, run);
        });
  });
}

void AddAddress(Terms& terms, std::string_view address) {
  AddWords(terms, address);
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return;
  AddTerm(terms, address.substr(0, at));
  for (PartReader labels(address.substr(at + 1), '.'); const auto label = labels.Next();) {
    AddTerm(terms, *label);
  }
}

void LeaveOutPrefixes(std::vector<std::string>& words) {
  std::sort(words.begin(), words.end());
  std::vector<std::string> left;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool decides = i + 1 == words.size() || !words[i + 1].starts_with(words[i]);
    if (decides) left.push_back(std::move(words[i]));
  }
  words = std::move(left);
}

}  // namespace

Terms TermsOf(const domain::UserSummary& user) {
  Terms terms;
  AddWords(terms, user.name);
  if (user.user_name) AddWords(terms, *user.user_name);
  AddAddress(terms, user.email);
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

Result<std::vector<std::string>, std::string> ParseQuery(std::string_view text) {
  if (CountCodePoints(text) > kMaxQueryCharacters) {
    return "must have at most " + std::to_string(kMaxQueryCharacters) + " characters";
  }
  std::vector<std::string> words;
  ForEachWord(text, [&](std::string_view word) { words.push_back(Fold(word)); });
  if (words.empty()) return std::string("must not be blank");
  if (words.size() > kMaxQueryWords) {
    return "must have at most " + std::to_string(kMaxQueryWords) + " words";
  }
  if (std::find(words.begin(), words.end(), "") != words.end()) {
    return std::string("must not have a word of combining marks alone");
  }
  LeaveOutPrefixes(words);
  return words;
}

bool Matches(const std::vector<std::string>& words, const Terms& terms) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    const auto found = std::lower_bound(terms.begin(), terms.end(), word);
    return found != terms.end() && found->starts_with(word);
  });
}

}  // namespace users::search
