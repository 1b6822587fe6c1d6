#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json/json_reader.h"
#include "domain/field_limits.h"
#include "domain/user.h"

namespace users::domain {

// The rules of the contract's section "Fields". The numbers are in field_limits.json.
//
// Each function returns the value as it is stored, or nothing after it has recorded in `errors`
// what is wrong under `field`. Texts must be valid UTF-8. The functions are thread-safe if no other
// thread uses `errors`.

// Accepts the HTML living standard's "valid email address" after trimming, with at most 254 bytes
// and at most 64 bytes before the @.
std::optional<std::string> CheckEmail(std::string_view text, std::string_view field,
                                      json::FieldErrors& errors);

// Accepts 1 to 256 characters after trimming, without control characters.
std::optional<std::string> CheckName(std::string_view text, std::string_view field,
                                     json::FieldErrors& errors);

// Accepts an external id or a user name: 1 to 255 characters after trimming, without control
// characters.
std::optional<std::string> CheckIdentifier(std::string_view text, std::string_view field,
                                           json::FieldErrors& errors);

// Returns whether the text has the syntax of a role's name: `[a-z][a-z0-9-]{0,63}`.
bool IsRoleName(std::string_view text);

// 1 to 255 characters from U+0020 to U+007E. Neither the first nor the last is a space, and no two
// spaces are adjacent.
std::optional<std::string> CheckIdempotencyKey(std::string_view text, std::string_view field,
                                               json::FieldErrors& errors);

// Accepts 1 to 256 characters from U+0020 to U+007E after trimming.
std::optional<std::string> CheckAuditReason(std::string_view text, std::string_view field,
                                            json::FieldErrors& errors);

// Accepts an object of strings. The limits are kMaxMetadata... in field_limits.h. A bad entry is
// reported as `<field>.<key>`.
std::optional<Metadata> CheckMetadata(const boost::json::value& value, std::string_view field,
                                      json::FieldErrors& errors);

// Accepts an object with at least one key, whose values are strings or null. Keys and strings obey
// the rules of metadata, and so do all strings together, because the resulting map contains them. A
// bad entry is reported as `<field>.<key>`.
std::optional<MetadataChanges> CheckMetadataChanges(const boost::json::value& value,
                                                    std::string_view field,
                                                    json::FieldErrors& errors);

// Returns what is wrong with the size of a whole map, or nothing if it is within the limits.
std::optional<std::string> SizeFaultOf(const Metadata& metadata);

}  // namespace users::domain
