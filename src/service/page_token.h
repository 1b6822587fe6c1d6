#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

// Tokens that continue a list. A token holds the position where the previous page ended, and a
// checksum over the operation, the target and the filters. There is no secret key: a forged token
// gives access only to what the caller may list anyway. All functions are thread-safe.
namespace users::service {

// Returns the scope that a token is bound to: a hash of the operation, the target and the filters.
std::string PageScope(std::initializer_list<std::string_view> parts);

// Returns the token for a position of at most 32 bytes.
std::string EncodePageToken(std::string_view position, std::string_view scope);

// Returns the position, or nothing if the token is damaged or belongs to another scope.
std::optional<std::string> DecodePageToken(std::string_view token, std::string_view scope);

}  // namespace users::service
