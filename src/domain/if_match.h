#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace users::domain {

// The value of an If-Match header (RFC 9110, section 13.1.1): `*`, or a list of entity tags.
class IfMatch {
 public:
  // Several header lines are joined by commas before. Nothing if the text breaks the syntax; an
  // unquoted tag does.
  static std::optional<IfMatch> Parse(std::string_view text);

  // Whether it admits a change of a user of this version. A weak tag never matches. `*` stands for
  // any user that is live, which means not deleted.
  bool Admits(std::uint64_t version, bool live) const;

 private:
  bool any_ = false;
  std::vector<std::string> strong_tags_;
};

}  // namespace users::domain
