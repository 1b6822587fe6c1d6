#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/input.h"
#include "api/response.h"
#include "domain/audit_entry.h"

// The parts that the two operations on audit entries share.
namespace users::api {

// Returns the parameter `action`, or nothing if it was not sent. Records a fault if it is not one of
// the known actions: an empty list would look like a valid response.
std::optional<std::string> ReadAction(Input& input, std::span<const std::string_view> known);

// Returns the response with a page, {auditLogs[], nextToken?}. Its token continues after the number
// `continue_after`; the last page has no token.
Response AuditPage(const std::vector<domain::AuditEntry>& entries,
                   std::optional<std::uint64_t> continue_after, std::string_view scope);

// Returns the number at which a token continues, or nothing if the token is damaged or belongs to
// another scope. The position of such a token is a positive number in decimal digits.
std::optional<std::uint64_t> NumberInToken(std::string_view token, std::string_view scope);

}  // namespace users::api
