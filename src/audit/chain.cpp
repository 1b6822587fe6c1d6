#include "audit/chain.h"

#include "audit/entry_json.h"
#include "base/json/json.h"

namespace users::audit {
namespace {

namespace bj = boost::json;

Sha256Digest ChangesHash(std::string_view canonical_changes, std::string_view salt_hex) {
  return Sha256({R"({"changes":)", canonical_changes, R"(,"salt":")", salt_hex, R"("})"});
}

// The hash of an entry in JSON form. It covers unknown members too.
Sha256Digest EntryHash(bj::object entry) {
  entry.erase("hash");
  entry.erase("changes");
  entry.erase("salt");
  return Sha256(json::Canonical(entry));
}

std::string_view Text(const bj::object& entry, std::string_view name) {
  return json::FindString(entry, name).value_or(std::string_view());
}

}  // namespace

void Seal(domain::AuditEntry& entry, const domain::Salt& salt, const Sha256Digest& prev_hash) {
  entry.salt = salt;
  entry.prev_hash = prev_hash;
  entry.changes_hash = ChangesHash(entry.changes, ToHex(entry.salt));
  entry.hash = Sha256(HashedEntryJson(entry));
}

bool HashesMatch(const domain::AuditEntry& entry) {
  return entry.changes_hash == ChangesHash(entry.changes, ToHex(entry.salt)) &&
         entry.hash == Sha256(HashedEntryJson(entry));
}

std::optional<std::string> ChainVerifier::Add(const bj::object& entry) {
  const std::uint64_t expected = ++entries_;
  const std::string place = "entry " + std::to_string(expected) + ": ";

  const bj::value* version = entry.if_contains("version");
  if (version == nullptr || !version->is_number() || *version != bj::value(expected)) {
    return place + "its version is not " + std::to_string(expected);
  }
  if (expected == 1) {
    user_id_ = Text(entry, "userId");
    subject_ = Text(entry, "subject");
  }
  if (Text(entry, "userId") != user_id_ || Text(entry, "subject") != subject_) {
    return place + "belongs to another user or subject";
  }
  const std::string_view timestamp = Text(entry, "timestamp");
  if (timestamp < last_timestamp_) return place + "is older than the previous entry";
  last_timestamp_ = timestamp;
  if (Text(entry, "prevHash") != last_hash_) {
    return place + "prevHash is not the hash of the previous entry";
  }
  const std::string_view hash = Text(entry, "hash");
  if (hash != ToHex(EntryHash(entry))) return place + "hash does not match its members";
  last_hash_ = hash;

  // USER_ERASED excuses the entries before it, not itself.
  if (Text(entry, "action") == domain::action::kUserErased) first_erased_.reset();
  const bj::value* changes = entry.if_contains("changes");
  const bj::value* salt = entry.if_contains("salt");
  if (changes == nullptr && salt == nullptr) {
    if (!first_erased_) first_erased_ = expected;
  } else if (changes == nullptr || Text(entry, "salt").empty() ||
             Text(entry, "changesHash") !=
                 ToHex(ChangesHash(json::Canonical(*changes), Text(entry, "salt")))) {
    return place + "changesHash does not match changes and salt";
  }
  return std::nullopt;
}

std::optional<std::string> ChainVerifier::Add(const domain::AuditEntry& entry) {
  const auto shown = json::ParseFile(EntryJson(entry, EntryView::kWhole));
  if (!shown.ok()) return "entry " + std::to_string(entry.version) + ": cannot be shown";
  return Add(shown->get_object());
}

std::optional<std::string> ChainVerifier::Finish(const Sha256Digest* head) const {
  if (first_erased_) {
    return "entry " + std::to_string(*first_erased_) +
           ": has no changes, and no later entry says that the user was erased";
  }
  if (head != nullptr && ToHex(*head) != last_hash_) {
    return "the newest entry is not the one in the record of its user or subject";
  }
  return std::nullopt;
}

}  // namespace users::audit
