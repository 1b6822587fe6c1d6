#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

// Tokens that continue a list: where the page before ended, and a checksum over operation, target
// and filters. There is no key to keep: a forged token grants nothing that the caller may not list.
namespace users::service {

// What a token is bound to: operation, target and filters.
std::string PageScope(std::initializer_list<std::string_view> parts);

// `position` is at most 32 bytes.
std::string EncodePageToken(std::string_view position, std::string_view scope);

// The position, or nothing if the token is damaged or belongs to another scope.
std::optional<std::string> DecodePageToken(std::string_view token, std::string_view scope);

}  // namespace users::service
