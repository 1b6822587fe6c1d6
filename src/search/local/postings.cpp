#include "search/local/postings.h"

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "base/text/text.h"
#include "search/fold.h"

namespace users::search::local {
namespace {

// No folded text contains this character: names and addresses have no control characters.
constexpr char kEnd = '\0';
constexpr char kTermsMark = '\xFF';

// The numbers of code points of prefixes, and how many code points a word may have that is looked
// up by this prefix: words with more have a longer prefix. The last list holds all longer words.
struct PrefixLength {
  std::size_t prefix;
  std::size_t word;
};
constexpr std::array<PrefixLength, 4> kLengths = {{{1, 1}, {2, 3}, {4, 7}, {8, 16}}};

}  // namespace

Terms ShownBy(const Terms& terms) {
  Terms shown;
  for (const std::string& term : terms) {
    std::string cut(FirstCodePoints(term, kLengths.back().word));
    // The terms are sorted, so equal ones are neighbours.
    if (shown.empty() || shown.back() != cut) shown.push_back(std::move(cut));
  }
  return shown;
}

Postings PostingsOf(const Ulid& user, const Terms& terms) {
  Postings postings;
  // From the last term to the first, so that the texts of a value come in descending order. A text
  // that another one begins with says nothing, and comes right after it.
  for (auto term = terms.rbegin(); term != terms.rend(); ++term) {
    for (const PrefixLength& length : kLengths) {
      const std::string_view word = FirstCodePoints(*term, length.word);
      const std::string_view prefix = FirstCodePoints(word, length.prefix);
      if (CountCodePoints(prefix) < length.prefix) break;
      std::string key(prefix);
      key += kEnd;
      key += AsText(user.bytes);
      const std::string_view rest = word.substr(prefix.size());
      auto [posting, is_new] = postings.try_emplace(std::move(key), rest);
      std::string& value = posting->second;
      if (is_new || ValueHas(value, rest)) continue;
      value += kEnd;
      value += rest;
    }
  }
  return postings;
}

PostingList::PostingList(std::string_view word) {
  const std::size_t size = CountCodePoints(word);
  std::string_view found;
  for (const PrefixLength& length : kLengths) {
    if (length.prefix <= size) found = FirstCodePoints(word, length.prefix);
  }
  rest = FirstCodePoints(word, kLengths.back().word).substr(found.size());
  prefix = found;
  prefix += kEnd;
}

std::string PostingKey(const PostingList& list, const Ulid& user) {
  return list.prefix + std::string(AsText(user.bytes));
}

Ulid UserOf(std::string_view posting_key) {
  Ulid user;
  if (posting_key.size() < user.bytes.size()) return user;
  posting_key.remove_prefix(posting_key.size() - user.bytes.size());
  std::copy(posting_key.begin(), posting_key.end(), user.bytes.begin());
  return user;
}

bool ValueHas(std::string_view value, std::string_view rest) {
  for (PartReader texts(value, kEnd); const auto text = texts.Next();) {
    if (text->starts_with(rest)) return true;
  }
  return false;
}

std::string TermsKey(const Ulid& user) {
  return kTermsMark + std::string(AsText(user.bytes));
}

std::string EncodeTerms(const Terms& terms) {
  std::string value;
  for (const std::string& term : terms) {
    if (!value.empty()) value += kEnd;
    value += term;
  }
  return value;
}

Terms DecodeTerms(std::string_view value) {
  Terms terms;
  if (value.empty()) return terms;
  for (PartReader texts(value, kEnd); const auto text = texts.Next();) terms.emplace_back(*text);
  return terms;
}

}  // namespace users::search::local
