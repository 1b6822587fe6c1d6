#include "service/integrity.h"

#include <array>

#include "base/text/text.h"
#include "base/ulid.h"
#include "service/subject_history.h"
#include "service/user_rebuilder.h"

namespace users::service {
namespace {

constexpr std::size_t kPageSize = 100;
const Deadline kNoDeadline = Deadline::max();

// The max time from a change to the creation of its record: the deadline of a request, and some
// reserve.
constexpr std::chrono::minutes kLongestCommit{1};

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
      key.table == storage::Table::kUsers && AuditChainOf(key.partition).has_value();
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
  if (AuditChainOf(key.partition)) {
    co_return co_await CheckAuditItem(std::move(key));
  }
  if (IsSubjectPartition(key.partition)) {
    co_return co_await CheckSubject(std::move(key), std::move(item));
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

// Adds all entries of a chain to its rebuilder. The result is false after a finding.
template <class Rebuilder>
Task<Result<bool>> IntegrityChecker::Rebuild(std::string chain, Rebuilder& rebuilder) {
  const std::string place = DescribeChain(chain);
  std::uint64_t after = 0;
  while (true) {
    auto range = AuditRange(chain, after, kPageSize);
    auto page = co_await store_.Query(std::move(range), kNoDeadline);
    if (!page.ok()) co_return std::move(page.error());
    for (const storage::Row& row : page->rows) {
      const auto entry = DecodeAuditEntry(chain, row);
      // As a number, a version can be written in several ways; as a key, in only one.
      if (!entry.ok() || !(EncodeAuditEntry(*entry) == row.item) ||
          AuditKey(chain, entry->version).sort != row.sort) {
        Report(place, "audit entry " + Printable(row.sort) + " is not as it was stored");
        co_return false;
      }
      if (const auto fault = rebuilder.Add(*entry)) {
        Report(place, "audit " + *fault);
        co_return false;
      }
      ++entries_;
      after = entry->version;
    }
    if (!page->more) co_return true;
  }
}

// Checks the chain of a user's audit entries, and the state that they rebuild.
Task<Status> IntegrityChecker::CheckHistory(UserRecord record) {
  const domain::User& user = record.user;
  const std::string place = DescribeChain(user.user_id);
  UserRebuilder rebuilder;
  auto rebuilt = co_await Rebuild(user.user_id, rebuilder);
  if (!rebuilt.ok()) co_return std::move(rebuilt.error());
  if (!*rebuilt) co_return Done{};
  if (rebuilder.entries() != user.version) {
    Report(place, "has version " + std::to_string(user.version) + " and " +
                      std::to_string(rebuilder.entries()) + " audit entries");
  }
  if (const auto fault = rebuilder.Finish(record.head_hash)) Report(place, *fault);
  if (!(rebuilder.user() == user)) Report(place, "is not what its audit entries rebuild");
  co_return Done{};
}

// Checks the history of a subject against its head.
Task<Status> IntegrityChecker::CheckSubject(storage::Key key, storage::Item item) {
  const auto head = DecodeSubjectHead(item);
  if (!head.ok() || !(SubjectHeadKey(head->subject) == key)) {
    Report(PlaceOf(key), "is not the head of a subject");
    co_return Done{};
  }
  const std::string place = DescribeChain(head->subject);
  if (!(EncodeSubjectHead(*head) == item)) Report(PlaceOf(key), "is not as it was stored");
  SubjectRebuilder rebuilder;
  auto rebuilt = co_await Rebuild(head->subject, rebuilder);
  if (!rebuilt.ok()) co_return std::move(rebuilt.error());
  if (!*rebuilt) co_return Done{};
  if (rebuilder.version() != head->version) {
    Report(place, "has version " + std::to_string(head->version) + " and " +
                      std::to_string(rebuilder.version()) + " audit entries");
  } else if (rebuilder.hash() != head->head_hash || rebuilder.time() != head->updated_at) {
    Report(place, "the newest entry is not the one in its head");
  } else if (domain::HashOf(rebuilder.state()) != head->state_hash) {
    Report(place, "is not what its audit entries rebuild");
  }
  co_return Done{};
}

// Checks every item that the record requires, byte for byte.
Task<Status> IntegrityChecker::CheckIndexItemsOf(UserRecord record) {
  const std::string place = DescribeChain(record.user.user_id);
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

// The content of an audit item is checked with the profile or the head. Here only that must exist.
Task<Status> IntegrityChecker::CheckAuditItem(storage::Key key) {
  ++stored_entries_;
  std::string chain(AuditChainOf(key.partition).value_or(""));
  if (chain == last_found_chain_) co_return Done{};
  storage::Key owner = ParseUlid(chain) ? ProfileKey(chain) : SubjectHeadKey(chain);
  auto found = co_await storage::GetOne(store_, std::move(owner), kNoDeadline);
  if (!found.ok()) co_return std::move(found.error());
  if (found->has_value()) {
    last_found_chain_ = std::move(chain);
  } else {
    Report(PlaceOf(key), "belongs to no user or subject");
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
  if (MustHave(*record, key)) co_return Done{};  // its content is compared with the profile
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
