#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json_reader.h"
#include "domain/field_limits.h"
#include "domain/user.h"

namespace users::domain {

// The rules of the contract's section "Fields"; the numbers stand in field_limits.json. Each
// function returns the value as it is stored, or nothing after recording what is wrong under
// `field`. Texts are valid UTF-8.

// The HTML living standard's "valid e-mail address" after trimming, at most 254 bytes, at most 64
// before the @.
std::optional<std::string> CheckEmail(std::string_view text, std::string_view field,
                                      json::FieldErrors& errors);

// 1 to 256 characters after trimming, no control characters.
std::optional<std::string> CheckName(std::string_view text, std::string_view field,
                                     json::FieldErrors& errors);

// 1 to 255 characters from U+0020 to U+007E. Neither the first nor the last is a space, and no two
// spaces are adjacent.
std::optional<std::string> CheckIdempotencyKey(std::string_view text, std::string_view field,
                                               json::FieldErrors& errors);

// An object of strings; see kMostMetadata... in field_limits.h. Entries are reported as
// `<field>.<key>`.
std::optional<Metadata> CheckMetadata(const boost::json::value& value, std::string_view field,
                                      json::FieldErrors& errors);

}  // namespace users::domain
