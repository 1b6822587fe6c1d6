#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/input.h"
#include "domain/audit_entry.h"

// The parts that the two operations on audit entries share.
namespace users::api {

// Returns the parameter `action`, or nothing if it was not sent. Records a fault if it is not one of
// the known actions: an empty list would look like a valid response.
std::optional<std::string> ReadAction(Input& input, std::span<const std::string_view> known);

// Returns the body of a page. An empty token means that it is the last one.
std::string AuditPageJson(const std::vector<domain::AuditEntry>& entries,
                          const std::string& next_token);

// Returns the number at which a token continues, or nothing if the token is damaged or belongs to
// another scope. The position of such a token is a positive number in decimal digits.
std::optional<std::uint64_t> NumberInToken(std::string_view token, std::string_view scope);

}  // namespace users::api
