#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/ulid.h"
#include "search/terms.h"

// The rows of the index. A posting says that a user has terms that begin with a prefix of 1, 2, 4 or
// 8 code points. Its value has the next code points of these terms, so that a longer prefix can be
// compared without reading the user. All functions are pure and thread-safe.
//
//   0x00                      the state of the index (IndexState)
//   <prefix> 0x00 <ULID>      a posting; the prefix is UTF-8, which never begins with 0x00 or 0xFF
//   0xFF <ULID>               the terms of a user, as far as postings show them
namespace users::search::local {

inline constexpr std::string_view kStateKey{"\0", 1};

// Returns the part of the terms that postings show: each term is cut after 16 code points.
Terms ShownBy(const Terms& terms);

// Returns the postings of a user with these terms: values by key.
using Postings = std::map<std::string, std::string>;
Postings PostingsOf(const Ulid& user, const Terms& terms);

// The list of postings in which users are found for a word.
struct PostingList {
  explicit PostingList(std::string_view word);

  std::string prefix;  // of the keys of its postings, without the ULID
  std::string rest;    // one of the texts in the value begins with it
};

// Returns the key of a posting, and the user whose posting it is.
std::string PostingKey(const PostingList& list, const Ulid& user);
Ulid UserOf(std::string_view posting_key);

// Returns whether a posting's value has a text that begins with `rest`.
bool ValueHas(std::string_view value, std::string_view rest);

// Returns the key of the row with a user's terms, and the row's value.
std::string TermsKey(const Ulid& user);
std::string EncodeTerms(const Terms& terms);
Terms DecodeTerms(std::string_view value);

}  // namespace users::search::local
