#include "service/integrity.h"

#include <array>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "base/ulid.h"

namespace users::service {
namespace {

namespace bj = boost::json;

constexpr std::size_t kPageSize = 100;
const Deadline kNoDeadline = Deadline::max();

// The max time from a change to the creation of its record: the deadline of a request, and some
// reserve.
constexpr std::chrono::minutes kLongestCommit{1};

bool ReadTexts(const bj::array& array, std::vector<std::string>& texts) {
  texts.clear();
  for (const bj::value& value : array) {
    if (!value.is_string()) return false;
    texts.emplace_back(value.get_string());
  }
  return true;
}

bool ReadTexts(const bj::object& object, domain::Metadata& texts) {
  texts.clear();
  for (const auto& member : object) {
    if (!member.value().is_string()) return false;
    texts.emplace(member.key(), member.value().get_string());
  }
  return true;
}

bool ReadText(const bj::value& value, std::optional<std::string>& text) {
  text.reset();
  if (value.is_string()) text.emplace(value.get_string());
  return value.is_string() || value.is_null();
}

bool ReadField(std::string_view field, const bj::value& after, domain::User& user) {
  if (field == "roles") return after.is_array() && ReadTexts(after.get_array(), user.roles);
  if (field == "metadata") return after.is_object() && ReadTexts(after.get_object(), user.metadata);
  if (field == "externalId") return ReadText(after, user.external_id);
  if (field == "userName") return ReadText(after, user.user_name);
  if (!after.is_string()) return false;
  const std::string text(after.get_string());
  if (field == "email") {
    user.email = text;
  } else if (field == "name") {
    user.name = text;
  } else if (field == "status") {
    const auto status = domain::ParseUserStatus(text);
    if (!status) return false;
    user.status = *status;
  } else {
    return false;
  }
  return true;
}

// Applies the changes of one entry to the state that the earlier entries have built. Returns false
// unless they are, byte for byte, the changes between the two states, and the entry is about what it
// says.
bool Apply(const domain::AuditEntry& entry, domain::User& user) {
  const auto changes = json::ParseFile(entry.changes);
  if (!changes.ok() || !changes->is_object()) return false;
  const domain::User before = user;
  for (const auto& change : changes->get_object()) {
    const bj::object* values = change.value().if_object();
    const bj::value* after = values != nullptr ? values->if_contains("after") : nullptr;
    if (after == nullptr || !ReadField(change.key(), *after, user)) return false;
  }
  if (entry.version == 1) user.created_at = entry.timestamp;
  user.updated_at = entry.timestamp;
  user.version = entry.version;
  user.user_id = entry.user_id;

  domain::AuditEntry expected;
  expected.action = entry.action;
  SetChanges(expected, entry.version == 1 ? nullptr : &before, user);
  if (expected.changes != entry.changes) return false;
  // Entries of earlier versions have none of the three.
  if (!entry.changed_fields) return !entry.role && !entry.status;
  return expected.changed_fields == entry.changed_fields && expected.role == entry.role &&
         expected.status == entry.status;
}

Result<bj::value> Shown(const domain::AuditEntry& entry) {
  return json::ParseFile(audit::EntryJson(entry, audit::EntryView::kWhole));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += "\\x" + ToHex(std::array{static_cast<std::uint8_t>(c)});
    }
  }
  return out;
}

std::string PlaceOf(const storage::Key& key) {
  return Printable("item " + key.partition + (key.sort.empty() ? "" : " " + key.sort));
}

void IntegrityChecker::ReportBroken(const storage::Key& key) {
  Report(PlaceOf(key), "is broken");
  const bool is_entry =
      key.table == storage::Table::kUsers && AuditedUser(key.partition).has_value();
  if (is_entry) ++stored_entries_;
}

void IntegrityChecker::Report(std::string place, std::string what) {
  findings_.push_back(Finding{std::move(place), std::move(what)});
}

Task<Status> IntegrityChecker::Check(storage::Key key, storage::Item item) {
  if (key.table == storage::Table::kIdempotency) {
    co_return co_await CheckIdempotencyRecord(std::move(key), std::move(item));
  }
  if (IsProfilePartition(key.partition)) {
    co_return co_await CheckProfile(std::move(key), std::move(item));
  }
  if (AuditedUser(key.partition)) {
    co_return co_await CheckAuditItem(std::move(key));
  }
  co_return co_await CheckIndexItem(std::move(key), std::move(item));
}

Task<Status> IntegrityChecker::CheckProfile(storage::Key key, storage::Item item) {
  ++users_;
  auto record = DecodeProfile(item);
  if (!record.ok() || !(ProfileKey(record->user.user_id) == key) ||
      !ParseUlid(record->user.user_id)) {
    Report(PlaceOf(key), "is not a user's profile");
    co_return Done{};
  }
  if (!(EncodeProfile(*record) == item)) Report(PlaceOf(key), "is not as it was stored");
  if (record->item_generation != kItemGeneration && !options_.may_have_old_items) {
    Report(PlaceOf(key), "has items of an earlier version");
  }
  auto checked = co_await CheckHistory(*record);
  if (checked.ok()) checked = co_await CheckIndexItemsOf(std::move(*record));
  co_return checked;
}

// Checks the chain of a user's audit entries, and the state that they rebuild.
Task<Status> IntegrityChecker::CheckHistory(UserRecord record) {
  const domain::User& user = record.user;
  const std::string place = "user " + user.user_id;
  audit::ChainVerifier verifier;
  domain::User rebuilt;
  std::uint64_t after = 0;
  while (true) {
    auto range = AuditRange(user.user_id, after, kPageSize);
    auto page = co_await store_.Query(std::move(range), kNoDeadline);
    if (!page.ok()) co_return std::move(page.error());
    for (const storage::Row& row : page->rows) {
      const auto entry = DecodeAuditEntry(user.user_id, row);
      const auto shown = entry.ok() ? Shown(*entry) : Result<bj::value>(entry.error());
      // As a number, a version can be written in several ways; as a key, in only one.
      if (!shown.ok() || !(EncodeAuditEntry(*entry) == row.item) ||
          AuditKey(user.user_id, entry->version).sort != row.sort) {
        Report(place, "audit entry " + Printable(row.sort) + " is not as it was stored");
        co_return Done{};
      }
      if (const auto fault = verifier.Add(shown->get_object())) {
        Report(place, "audit " + *fault);
        co_return Done{};
      }
      ++entries_;
      after = entry->version;
      if (!Apply(*entry, rebuilt)) {
        Report(place, "audit entry " + std::to_string(after) +
                          ": its changes do not follow from the entries before");
        co_return Done{};
      }
    }
    if (!page->more) break;
  }
  if (verifier.entries() != user.version) {
    Report(place, "has version " + std::to_string(user.version) + " and " +
                      std::to_string(verifier.entries()) + " audit entries");
  }
  if (const auto fault = verifier.Finish(&record.head_hash)) Report(place, *fault);
  if (!(rebuilt == user)) Report(place, "is not what its audit entries rebuild");
  co_return Done{};
}

// Checks every item that the record requires, byte for byte.
Task<Status> IntegrityChecker::CheckIndexItemsOf(UserRecord record) {
  const std::string place = "user " + record.user.user_id;
  Change expected;
  AddIndexItems(expected, record);
  for (const storage::WriteOp& write : expected.writes) {
    auto found = co_await storage::GetOne(store_, write.key(), kNoDeadline);
    if (!found.ok()) co_return std::move(found.error());
    if (!found->has_value()) {
      Report(place, "misses its " + PlaceOf(write.key()));
    } else if (!(**found == write.item())) {
      Report(place, "differs from its " + PlaceOf(write.key()));
    }
  }
  co_return Done{};
}

// The content of an audit item is checked with the profile. Here only its user's profile must
// exist.
Task<Status> IntegrityChecker::CheckAuditItem(storage::Key key) {
  ++stored_entries_;
  std::string user_id(AuditedUser(key.partition).value_or(""));
  if (user_id == last_found_user_) co_return Done{};
  auto profile = co_await storage::GetOne(store_, ProfileKey(user_id), kNoDeadline);
  if (!profile.ok()) co_return std::move(profile.error());
  if (profile->has_value()) {
    last_found_user_ = std::move(user_id);
  } else {
    Report(PlaceOf(key), "belongs to no user");
  }
  co_return Done{};
}

Task<Status> IntegrityChecker::CheckIndexItem(storage::Key key, storage::Item item) {
  const auto user_id = item.FindString("userId");
  storage::Key profile_key = ProfileKey(user_id.value_or(""));
  auto profile = co_await storage::GetOne(store_, std::move(profile_key), kNoDeadline);
  if (!profile.ok()) co_return std::move(profile.error());
  if (!profile->has_value()) {
    Report(PlaceOf(key), "belongs to no user");
    co_return Done{};
  }
  auto record = DecodeProfile(**profile);
  if (!record.ok()) co_return Done{};  // reported with the profile
  // An upgrade that was interrupted leaves such items to users that an earlier version changed
  // since.
  if (record->item_generation != kItemGeneration && IsRolePartition(key.partition)) {
    co_return Done{};
  }
  Change expected;
  AddIndexItems(expected, *record);
  for (const storage::WriteOp& write : expected.writes) {
    if (write.key() == key) co_return Done{};  // its content is compared with the profile
  }
  Report(PlaceOf(key), "is not called for by user " + record->user.user_id);
  co_return Done{};
}

Task<Status> IntegrityChecker::CheckIdempotencyRecord(storage::Key key, storage::Item item) {
  const auto record = DecodeRecord(item);
  if (!record.ok() || !key.sort.empty() || !(EncodeRecord(*record) == item)) {
    Report(PlaceOf(key), "is not as it was stored");
    co_return Done{};
  }
  if (!responses_.user_of) co_return Done{};
  const StoredResponse& response = record->response;
  const auto user_id = responses_.user_of(response);
  if (!user_id) {
    Report(PlaceOf(key), "holds no response");
    co_return Done{};
  }
  const storage::Key entry_key = AuditKey(*user_id, response.version);
  auto stored = co_await storage::GetOne(store_, entry_key, kNoDeadline);
  if (!stored.ok()) co_return std::move(stored.error());
  if (!stored->has_value()) {
    Report(PlaceOf(key), "is the response to a change that does not exist, " + PlaceOf(entry_key));
    co_return Done{};
  }
  const auto entry = DecodeAuditEntry(entry_key.partition, entry_key.sort, **stored);
  if (!entry.ok()) co_return Done{};  // reported with its user
  if (!responses_.responses(response, *entry)) {
    Report(PlaceOf(key), "is the response to another change than " + PlaceOf(entry_key));
  } else if (SaltFor(key, *record) != entry->salt && !MayLackCommitment(key, *record, *entry)) {
    Report(PlaceOf(key), "is not the response that " + PlaceOf(entry_key) + " was stored with");
  }
  co_return Done{};
}

bool IntegrityChecker::MayLackCommitment(const storage::Key& key, const IdempotencyRecord& record,
                                         const domain::AuditEntry& entry) const {
  if (!options_.commitments_since || entry.timestamp >= *options_.commitments_since) return false;
  const auto latest_end = std::chrono::ceil<std::chrono::seconds>(
      entry.timestamp + kIdempotencyLifetime + kLongestCommit);
  return record.expires_at <= latest_end.time_since_epoch().count() &&
         IsWithoutCommitment(key, record);
}

}  // namespace users::service
