#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "domain/user.h"

// The words by which users are found, and the words of a query. All functions are pure and
// thread-safe.
namespace users::search {

// Folded texts, sorted, each once, none empty.
using Terms = std::vector<std::string>;

// Returns the terms of a user. They come from its name, its user name and its email address: each
// word between white space, and within it each run of letters, digits and marks. The local part of
// the address and each label of its domain are terms too.
Terms TermsOf(const domain::UserSummary& user);

inline constexpr std::size_t kMaxQueryCharacters = 256;
inline constexpr std::size_t kMaxQueryWords = 8;

// Returns the folded words of a query, at least one. A word that is a prefix of another one is left
// out, because it decides nothing. Fails if the text has more than 256 characters, has no word or
// more than 8, or has a word of combining marks alone. The error is the message for the caller.
Result<std::vector<std::string>, std::string> ParseQuery(std::string_view text);

// Return whether each word is a prefix of one of the terms, or of the terms of a user. A query has at
// most 8 words.
bool Matches(const std::vector<std::string>& words, const domain::UserSummary& user);
bool Matches(const std::vector<std::string>& words, const Terms& terms);

}  // namespace users::search
