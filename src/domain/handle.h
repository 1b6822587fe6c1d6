#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json/json_reader.h"
#include "base/result.h"
#include "domain/user.h"

// The handles of a user: values that belong to at most one user that is not deleted. All functions
// are thread-safe.
namespace users::domain {

// The kinds of handles, in the order in which conflicts about them are reported.
enum class HandleKind { kEmail, kExternalId, kUserName };
inline constexpr HandleKind kHandleKinds[] = {HandleKind::kEmail, HandleKind::kExternalId,
                                              HandleKind::kUserName};

// Returns the name of the field and of the query parameter: "email", "externalId", "userName".
std::string_view NameOf(HandleKind kind);

// Returns the kind with this name, or nothing.
std::optional<HandleKind> ParseHandleKind(std::string_view name);

// Return the user's handle of this kind, or null if it has none.
const std::string* HandleOf(const User& user, HandleKind kind);
const std::string* HandleOf(const UserSummary& user, HandleKind kind);

// Returns the form in which handles of this kind are compared. Email addresses and user names are
// compared without regard to ASCII letter case, external ids by bytes.
std::string ComparedForm(HandleKind kind, std::string_view handle);

// Returns the handle as it is stored, or nothing after it has recorded in `errors` what is wrong
// under the name of the kind.
std::optional<std::string> CheckHandle(HandleKind kind, std::string_view text,
                                       json::FieldErrors& errors);

// Returns kConflict with the reason that a handle of this kind belongs to another user.
Error HandleInUse(HandleKind kind);

}  // namespace users::domain
