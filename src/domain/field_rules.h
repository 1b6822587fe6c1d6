#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json_reader.h"
#include "domain/user.h"

namespace users::domain {

// The rules of the contract's section "Fields". Each function returns the value as it is stored, or
// nothing after recording what is wrong under `field`. Texts are valid UTF-8.

// The HTML living standard's "valid e-mail address" after trimming, at most 254 bytes, at most 64
// before the @.
std::optional<std::string> CheckEmail(std::string_view text, std::string_view field,
                                      json::FieldErrors& errors);

// 1 to 256 characters after trimming, no control characters.
std::optional<std::string> CheckName(std::string_view text, std::string_view field,
                                     json::FieldErrors& errors);

// 1 to 255 characters from U+0020 to U+007E. Not trimmed.
std::optional<std::string> CheckIdempotencyKey(std::string_view text, std::string_view field,
                                               json::FieldErrors& errors);

// An object of strings; see kMostMetadata... below. Entries are reported as `<field>.<key>`.
std::optional<Metadata> CheckMetadata(const boost::json::value& value, std::string_view field,
                                      json::FieldErrors& errors);

inline constexpr std::size_t kMostEmailBytes = 254;
inline constexpr std::size_t kMostLocalPartBytes = 64;
inline constexpr std::size_t kMostNameCharacters = 256;
inline constexpr std::size_t kMostIdempotencyKeyBytes = 255;
inline constexpr std::size_t kMostMetadataEntries = 50;
inline constexpr std::size_t kMostMetadataKeyBytes = 64;
inline constexpr std::size_t kMostMetadataValueBytes = 1024;
inline constexpr std::size_t kMostMetadataBytes = 16 * 1024;

}  // namespace users::domain
