#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "domain/audit_entry.h"
#include "domain/role_catalogue.h"

// The configuration whose history the audit trail keeps. All functions are thread-safe.
namespace users::domain {

// The names of the subjects.
inline constexpr std::string_view kCatalogueSubject = "catalogue";
inline constexpr std::string_view kPrincipalsSubject = "principals";

// The state of a subject: the value of each key, as JSON in RFC 8785 form. Keys are printable ASCII
// without spaces.
using SubjectState = std::map<std::string, std::string>;

// A list in a state that is longer than this is recorded as {"count", "sha256"}. Therefore every
// change of a key fits into one item of the store.
inline constexpr std::size_t kMaxStateListBytes = 100'000;

// Call it after appending a list of `count` values to a text from `begin` on. Replaces the list if it
// is too long.
void BoundStateList(std::string& out, std::size_t begin, std::size_t count);

// Returns the state of a catalogue: one key for each role, with the whole role, and `$deletableBy`
// if the catalogue has that list.
SubjectState StateOf(const RoleCatalogue& catalogue);

// Returns the roles of such a state. The catalogue has no lists of principals, because it only says
// which permissions a role gave. Fails with kInternal if the state is not that of a catalogue.
Result<RoleCatalogue> RolesOf(const SubjectState& state);

// Returns the SHA-256 of the state in RFC 8785 form.
Sha256Digest HashOf(const SubjectState& state);

// Sets `changes` and `changed_fields` of an entry to the differences between two states, from the
// first key on, but at most to what one entry may hold. Returns the state after that entry. It is
// `after` unless another entry must follow.
SubjectState SetStateChanges(AuditEntry& entry, const SubjectState& before,
                             const SubjectState& after);

// Applies the changes of an entry to the state that the earlier entries have built. Returns false
// unless they are, byte for byte, the changes between the two states.
bool ApplyStateChanges(const AuditEntry& entry, SubjectState& state);

}  // namespace users::domain
