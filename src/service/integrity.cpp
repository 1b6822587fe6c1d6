#include "service/integrity.h"

#include <boost/json/parse.hpp>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/text.h"
#include "base/ulid.h"
#include "service/idempotency.h"
#include "service/user_records.h"

namespace users::service {
namespace {

namespace bj = boost::json;

constexpr std::size_t kPageSize = 100;
const Deadline kNoDeadline = Deadline::max();

// Applies one entry's changes to what the entries before it have built.
bool Apply(const domain::AuditEntry& entry, domain::User& user) {
  bj::error_code error;
  const bj::value changes = bj::parse(entry.changes, error);
  if (error || !changes.is_object()) return false;
  for (const auto& change : changes.get_object()) {
    const bj::object* values = change.value().if_object();
    const bj::value* after = values != nullptr ? values->if_contains("after") : nullptr;
    if (after == nullptr) return false;
    const std::string_view field = change.key();
    if (field == "email" && after->is_string()) {
      user.email = after->get_string();
    } else if (field == "name" && after->is_string()) {
      user.name = after->get_string();
    } else if (field == "status" && after->is_string()) {
      const auto status = domain::ParseUserStatus(after->get_string());
      if (!status) return false;
      user.status = *status;
    } else if (field == "roles" && after->is_array()) {
      user.roles.clear();
      for (const bj::value& role : after->get_array()) user.roles.emplace_back(role.as_string());
    } else if (field == "metadata" && after->is_object()) {
      user.metadata.clear();
      for (const auto& member : after->get_object()) {
        user.metadata.emplace(member.key(), member.value().as_string());
      }
    } else {
      return false;
    }
  }
  if (entry.version == 1) user.created_at = entry.timestamp;
  user.updated_at = entry.timestamp;
  user.version = entry.version;
  user.user_id = entry.user_id;
  return true;
}

bool operator==(const domain::User& a, const domain::User& b) {
  return a.user_id == b.user_id && a.email == b.email && a.name == b.name && a.status == b.status &&
         a.roles == b.roles && a.metadata == b.metadata && a.version == b.version &&
         a.created_at == b.created_at && a.updated_at == b.updated_at;
}

}  // namespace

std::string PlaceOf(const storage::Key& key) {
  return "item " + key.partition + (key.sort.empty() ? "" : " " + key.sort);
}

void IntegrityChecker::Report(std::string place, std::string what) {
  findings_.push_back(Finding{std::move(place), std::move(what)});
}

Task<Result<std::optional<storage::Item>>> IntegrityChecker::Find(storage::Key key) {
  std::vector<storage::Key> keys;
  keys.push_back(std::move(key));
  auto items = co_await store_.Get(std::move(keys), kNoDeadline);
  if (!items.ok()) co_return std::move(items.error());
  co_return std::move(items->front());
}

Task<Status> IntegrityChecker::Check(storage::Key key, storage::Item item) {
  if (key.table == storage::Table::kIdempotency) {
    if (!LiveRecord(item, Timestamp()).ok()) Report(PlaceOf(key), "is no idempotency record");
    co_return Done{};
  }
  if (key.partition.starts_with(kProfilePartitionPrefix)) {
    co_return co_await CheckProfile(std::move(key), std::move(item));
  }
  if (key.partition.starts_with(kAuditPartitionPrefix)) {
    co_return co_await CheckAuditItem(std::move(key));
  }
  co_return co_await CheckIndexItem(std::move(key), std::move(item));
}

Task<Status> IntegrityChecker::CheckProfile(storage::Key key, storage::Item item) {
  ++users_;
  const auto record = DecodeProfile(item);
  if (!record.ok() || !(ProfileKey(record->user.user_id) == key) ||
      !ParseUlid(record->user.user_id)) {
    Report(PlaceOf(key), "is not a user's profile");
    co_return Done{};
  }
  const domain::User& user = record->user;
  const std::string place = "user " + user.user_id;

  // The chain, and what it rebuilds.
  audit::ChainVerifier verifier;
  domain::User rebuilt;
  std::uint64_t after = 0;
  while (true) {
    auto range = AuditRange(user.user_id, after, kPageSize);
    auto page = co_await store_.Query(std::move(range), kNoDeadline);
    if (!page.ok()) co_return std::move(page.error());
    for (const storage::Row& row : page->rows) {
      const auto entry = DecodeAuditEntry(user.user_id, row);
      if (!entry.ok()) {
        Report(place, "audit entry " + row.sort + " cannot be read");
        co_return Done{};
      }
      const auto shown = bj::parse(audit::EntryJson(*entry, audit::EntryView::kWhole));
      if (const auto fault = verifier.Add(shown.get_object())) {
        Report(place, *fault);
        co_return Done{};
      }
      ++entries_;
      after = entry->version;
      if (!Apply(*entry, rebuilt)) {
        Report(place, "audit entry " + std::to_string(after) + ": its changes cannot be replayed");
        co_return Done{};
      }
    }
    if (!page->more) break;
  }
  if (verifier.entries() != user.version) {
    Report(place, "has version " + std::to_string(user.version) + " and " +
                      std::to_string(verifier.entries()) + " audit entries");
  }
  if (const auto fault = verifier.Finish(&record->head_hash)) Report(place, *fault);
  if (!(rebuilt == user)) Report(place, "is not what its audit entries rebuild");

  // Every item that the record calls for, exactly as it calls for it.
  Change expected;
  AddIndexItems(expected, *record);
  for (const storage::WriteOp& write : expected.writes) {
    auto found = co_await Find(write.key());
    if (!found.ok()) co_return std::move(found.error());
    if (!found->has_value()) {
      Report(place, "misses its " + PlaceOf(write.key()));
    } else if (!(**found == write.item())) {
      Report(place, "differs from its " + PlaceOf(write.key()));
    }
  }
  co_return Done{};
}

// Its content is judged with the profile; here it must only have one that knows of it.
Task<Status> IntegrityChecker::CheckAuditItem(storage::Key key) {
  const std::string user_id = key.partition.substr(kAuditPartitionPrefix.size());
  auto profile = co_await Find(ProfileKey(user_id));
  if (!profile.ok()) co_return std::move(profile.error());
  if (!profile->has_value()) Report(PlaceOf(key), "belongs to no user");
  co_return Done{};
}

Task<Status> IntegrityChecker::CheckIndexItem(storage::Key key, storage::Item item) {
  const auto user_id = item.FindString("userId");
  auto profile = co_await Find(ProfileKey(user_id.value_or("")));
  if (!profile.ok()) co_return std::move(profile.error());
  if (!profile->has_value()) {
    Report(PlaceOf(key), "belongs to no user");
    co_return Done{};
  }
  const auto record = DecodeProfile(**profile);
  if (!record.ok()) co_return Done{};  // reported with the profile
  Change expected;
  AddIndexItems(expected, *record);
  for (const storage::WriteOp& write : expected.writes) {
    if (write.key() == key) co_return Done{};  // its content is compared with the profile
  }
  Report(PlaceOf(key), "is not called for by user " + std::string(*user_id));
  co_return Done{};
}

}  // namespace users::service
