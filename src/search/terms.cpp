#include "search/terms.h"

#include <algorithm>
#include <bitset>

#include "base/text/text.h"
#include "search/fold.h"

namespace users::search {
namespace {

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

// Calls `found` with each word, and with each run of letters, digits and marks within it.
template <class Found>
void ForEachWordAndRun(std::string_view text, Found found) {
  ForEachWord(text, [&](std::string_view word) {
    found(word);
    const auto is_of_a_run = [](CharacterClass kind) { return kind == CharacterClass::kWord; };
    ForEachPart(word, is_of_a_run, [&](std::string_view run) {
      if (run.size() < word.size()) found(run);
    });
  });
}

// Calls `found` with each term of a user, some more than once. The text is valid during the call.
template <class Found>
void ForEachTerm(const domain::UserSummary& user, Found found) {
  std::string folded;
  const auto found_text = [&](std::string_view text) {
    folded.clear();
    AppendFold(folded, text);
    if (!folded.empty()) found(std::string_view(folded));
  };
  ForEachWordAndRun(user.name, found_text);
  if (user.user_name) ForEachWordAndRun(*user.user_name, found_text);
  ForEachWordAndRun(user.email, found_text);
  const std::string_view address = user.email;
  const std::size_t at = address.rfind('@');
  if (at == std::string_view::npos) return;
  found_text(address.substr(0, at));
  for (PartReader labels(address.substr(at + 1), '.'); const auto label = labels.Next();) {
    found_text(*label);
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
  ForEachTerm(user, [&](std::string_view term) { terms.emplace_back(term); });
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

bool Matches(const std::vector<std::string>& words, const domain::UserSummary& user) {
  std::bitset<kMaxQueryWords> found;
  ForEachTerm(user, [&](std::string_view term) {
    for (std::size_t i = 0; i < words.size() && i < found.size(); ++i) {
      if (term.starts_with(words[i])) found.set(i);
    }
  });
  return found.count() == words.size();
}

bool Matches(const std::vector<std::string>& words, const Terms& terms) {
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    const auto found = std::lower_bound(terms.begin(), terms.end(), word);
    return found != terms.end() && found->starts_with(word);
  });
}

}  // namespace users::search
