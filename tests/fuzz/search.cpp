// The words of a search (search/fold.h, search/terms.h). The input is two lines, which are a name
// and an address, and then a query.
#include <algorithm>
#include <string>

#include "base/text/text.h"
#include "fuzz.h"
#include "search/fold.h"
#include "search/terms.h"

namespace users::fuzz {
namespace {

void CheckFold(std::string_view text) {
  const std::string folded = search::Fold(text);
  PROMISE(IsValidUtf8(folded));
  PROMISE(search::Fold(folded) == folded);
  const std::string_view first = search::FirstCodePoints(text, CountCodePoints(text) / 2);
  PROMISE(folded == search::Fold(first) + search::Fold(text.substr(first.size())));
}

// The parts cover the whole text, and none is empty.
void CheckReader(std::string_view text) {
  std::size_t end = 0;
  search::CharacterReader reader(text);
  while (const auto character = reader.Next()) {
    PROMISE(character->begin == end && character->end > end);
    end = character->end;
  }
  PROMISE(end == text.size());
}

void CheckQuery(std::string_view text, const domain::UserSummary& user) {
  const search::Terms terms = search::TermsOf(user);
  PROMISE(std::is_sorted(terms.begin(), terms.end()));
  PROMISE(std::adjacent_find(terms.begin(), terms.end()) == terms.end());
  PROMISE(terms.empty() || !terms.front().empty());
  const auto words = search::ParseQuery(text);
  if (!words.ok()) {
    PROMISE(!words.error().empty());
    return;
  }
  PROMISE(!words->empty() && words->size() <= search::kMaxQueryWords);
  PROMISE(search::Matches(*words, user) == search::Matches(*words, terms));
  domain::UserSummary named;
  named.name = text;
  PROMISE(search::Matches(*words, named));
}

void Test(std::string_view input) {
  domain::UserSummary user;
  user.name = RepairUtf8(TakeLine(input));
  user.email = RepairUtf8(TakeLine(input));
  search::Fold(input);  // bytes that are not valid do no harm
  CheckReader(input);
  const std::string query = RepairUtf8(input);
  CheckFold(query);
  CheckQuery(query, user);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
