// The audit log as callers see it rebuilds every user, and the checker finds every change to the
// store.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"
#include "base/random.h"
#include "property/invariants.h"
#include "property/player.h"
#include "property/property.h"
#include "service/idempotency.h"
#include "service/subject_history.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using Entries = std::vector<domain::AuditEntry>;

// Plays a random history on a connection that fails. Returns the users in the order of creation.
std::vector<std::string> MakeHistory(ServiceFixture& fixture, Player& player) {
  const int steps = *rc::gen::inRange(5, 50);
  const std::uint64_t seed = AnySeed();
  for (int step = 0; step < steps; ++step) {
    fixture.unreliable().SetFaults({.lost_requests = 5, .lost_responses = 20, .conflicts = 10},
                                   seed + static_cast<std::uint64_t>(step));
    if (OneIn(4)) fixture.clock().Advance(std::chrono::seconds(*rc::gen::inRange(-100, 200)));
    if (OneIn(25)) fixture.Restart();
    if (!player.PlayWrite()) player.SettleUnknown();
  }
  fixture.unreliable().SetFaults({}, 0);
  return player.model().order();
}

// Returns all entries of a walk over the audit query, with random page sizes.
Entries WalkAudit(ServiceFixture& fixture, const std::string& user_id, service::AuditQuery query) {
  Entries entries;
  query.limit = *rc::gen::inRange<std::size_t>(1, 6);
  while (true) {
    auto page = RunTask(fixture.users().QueryAudit(ReadContext(), user_id, query));
    RC_ASSERT(page.ok());
    for (auto& entry : page->entries) entries.push_back(std::move(entry));
    if (!page->continue_after) return entries;
    RC_ASSERT(*page->continue_after > query.after_version);
    query.after_version = *page->continue_after;
  }
}

std::vector<std::uint64_t> VersionsOf(const Entries& entries) {
  std::vector<std::uint64_t> versions;
  for (const auto& entry : entries) versions.push_back(entry.version);
  return versions;
}

// Returns a description of a fault of the chain, if it has one.
std::optional<std::string> Verify(const Entries& entries) {
  audit::ChainVerifier verifier;
  for (const auto& entry : entries) {
    const auto shown = json::Parse(audit::EntryJson(entry, audit::EntryView::kWhole));
    if (auto fault = verifier.Add(shown->value.as_object())) return fault;
  }
  return verifier.Finish();
}

// Returns the model's rendering of a user, computed from its entries alone.
std::string Rebuild(const Entries& entries) {
  boost::json::object fields;
  for (const auto& entry : entries) {
    const auto changes = json::Parse(entry.changes);
    for (const auto& change : changes->value.as_object()) {
      fields[change.key()] = change.value().at("after");
    }
  }
  domain::User user;
  user.email = fields.at("email").as_string();
  user.name = fields.at("name").as_string();
  const auto handle = [&](const char* name) -> std::optional<std::string> {
    const auto* value = fields.if_contains(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    return std::string(value->as_string());
  };
  user.external_id = handle("externalId");
  user.user_name = handle("userName");
  user.status = *domain::ParseUserStatus(fields.at("status").as_string());
  for (const auto& role : fields.at("roles").as_array()) user.roles.emplace_back(role.as_string());
  for (const auto& member : fields.at("metadata").as_object()) {
    user.metadata.emplace(member.key(), member.value().as_string());
  }
  user.version = entries.size();
  return Model::Render(user);
}

PROPERTY(AuditTrail, VerifiesAndRebuildsEveryUser, 25) {
  ServiceFixture fixture(2);
  Player player(fixture);
  std::set<std::string> salts;
  std::set<std::string> event_ids;
  std::size_t count = 0;
  for (const std::string& id : MakeHistory(fixture, player)) {
    const Entries entries = WalkAudit(fixture, id, service::AuditQuery());
    RC_ASSERT(Verify(entries) == std::nullopt);
    RC_ASSERT(Rebuild(entries) == Model::Render(player.model().users().at(id)));
    for (const auto& entry : entries) {
      const std::string reason =
          HasReason(entry.correlation_id) ? "reason of " + entry.correlation_id : "(none)";
      RC_ASSERT(entry.reason.value_or("(none)") == reason);
      salts.insert(ToHex(entry.salt));
      event_ids.insert(entry.event_id);
      ++count;
    }
    // With filters, the query must return the entries that a filter of all entries would leave.
    service::AuditQuery query;
    const auto any_time = [&] {
      return OneOf(entries).timestamp + std::chrono::milliseconds(*rc::gen::inRange(-1, 2));
    };
    if (OneIn(2)) query.from = any_time();
    if (OneIn(2)) query.to = any_time();
    if (OneIn(2)) query.action = OneOf(entries).action;
    Entries wanted = entries;
    std::erase_if(wanted, [&](const domain::AuditEntry& entry) {
      return (query.from && entry.timestamp < *query.from) ||
             (query.to && entry.timestamp >= *query.to) ||
             (query.action && entry.action != *query.action);
    });
    RC_ASSERT(VersionsOf(WalkAudit(fixture, id, query)) == VersionsOf(wanted));
  }
  RC_ASSERT(salts.size() == count);
  RC_ASSERT(event_ids.size() == count);
  player.CompareReads();
}

// Returns the model's rendering of a user at a time, or nothing if it did not exist or was deleted.
std::optional<std::string> StateAt(const Entries& entries, Timestamp at) {
  Entries until = entries;
  std::erase_if(until, [&](const domain::AuditEntry& entry) { return entry.timestamp > at; });
  if (until.empty()) return std::nullopt;
  std::string rebuilt = Rebuild(until);
  const auto last = std::find_if(until.rbegin(), until.rend(), [](const auto& entry) {
    return entry.action == domain::action::kStatusChanged;
  });
  if (last != until.rend() && last->status == "deleted") return std::nullopt;
  return rebuilt;
}

PROPERTY(AuditTrail, ShowsEveryUserAsItWasAtAnyTime, 25) {
  ServiceFixture fixture(2);
  Player player(fixture);
  for (const std::string& id : MakeHistory(fixture, player)) {
    const Entries entries = WalkAudit(fixture, id, service::AuditQuery());
    fixture.clock().Set(std::max(fixture.clock().Now(), entries.back().timestamp));
    for (int i = 0; i < 5; ++i) {
      const auto at =
          std::min(fixture.clock().Now(),
                   OneOf(entries).timestamp + std::chrono::milliseconds(*rc::gen::inRange(-1, 2)));
      const auto past = RunTask(fixture.users().GetUserAt(ReadContext(), id, at));
      const auto expected = StateAt(entries, at);
      RC_ASSERT(past.ok() == expected.has_value());
      if (!past.ok()) {
        RC_ASSERT(past.error().code == ErrorCode::kNotFound);
        continue;
      }
      RC_ASSERT(Model::Render(past->user) == *expected);
      RC_ASSERT(past->user.user_id == id);
      RC_ASSERT(past->user.created_at == entries.front().timestamp);
      RC_ASSERT(past->user.updated_at == entries[past->user.version - 1].timestamp);
      RC_ASSERT(past->at == at && !past->catalogue_version);
    }
  }
  RC_ASSERT(fixture.logged() == "");
}

// After a restart, user ids continue from the greatest one. Event ids once did so, too.
TEST(AuditTrail, HasUniqueEventIdsAfterARestartWithAnEarlierClock) {
  ServiceFixture fixture;
  const auto make = [&](const std::string& email) {
    Model::Write write;
    write.operation = "register";
    service::NewUser user;
    user.email = email;
    user.name = "Ada";
    EXPECT_TRUE(RunTask(fixture.users().Register(ContextOf(write, kArns[0]), user)).ok());
  };
  make("a@x.org");
  fixture.clock().Advance(std::chrono::hours(-1));
  fixture.Restart();
  make("b@x.org");
  make("c@x.org");
  std::set<std::string> ids;
  for (const auto& entry : EntriesOf(fixture.store())) {
    ids.insert(entry.event_id);
    ids.insert(entry.user_id);
  }
  EXPECT_EQ(ids.size(), 6U);
}

struct Stored {
  storage::Key key;
  storage::Item item;
};

std::vector<Stored> ItemsOf(storage::local::LocalStore& store) {
  std::vector<Stored> items;
  const auto visited = store.ForEachItem(storage::Table::kUsers,
                                         [&](const storage::Key& key, const storage::Item* item) {
                                           items.push_back(Stored{key, *item});
                                         });
  RC_ASSERT(visited.ok());
  return items;
}

// Returns the item with one attribute changed.
storage::Item Altered(const storage::Item& item) {
  std::vector<storage::Item::Attribute> attributes;
  item.ForEach([&](const auto& attribute) { attributes.push_back(attribute); });
  const auto which = *rc::gen::inRange<std::size_t>(0, attributes.size());
  storage::Item altered;
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    const auto& [name, type, value] = attributes[i];
    if (type == storage::Item::Type::kNumber) {
      const std::int64_t by = i == which ? *rc::gen::element<std::int64_t>(-1, 1, 1000) : 0;
      altered.SetNumber(name, attributes[i].number() + by);
      continue;
    }
    std::string text(value);
    if (i == which && text.empty())
      text = "x";
    else if (i == which)
      text[*rc::gen::inRange<std::size_t>(0, text.size())] ^= 1;
    if (type == storage::Item::Type::kString) altered.SetString(name, text);
    if (type == storage::Item::Type::kBinary) altered.SetBinary(name, text);
  }
  return altered;
}

// Gives the store a history of the role catalogue.
void RecordStates(ServiceFixture& fixture) {
  const int states = *rc::gen::inRange(0, 4);
  for (int i = 0; i < states; ++i) {
    service::StateInForce in_force(std::string(domain::kCatalogueSubject),
                                   {{"viewer", std::to_string(i)}, {"editor", "1"}},
                                   fixture.clock().Now());
    const auto recorded =
        RunTask(service::RecordState(fixture.store(), fixture.clock(), fixture.log(),
                                     std::move(in_force), DeadlineIn(std::chrono::seconds(60))));
    RC_ASSERT(recorded.ok());
  }
}

// The checker finds every change, deletion, insertion and move, both in the log and in the items
// besides it.
PROPERTY(IntegrityChecker, FindsEveryChangeToTheStore, 60) {
  ServiceFixture fixture;
  Player player(fixture);
  MakeHistory(fixture, player);
  RecordStates(fixture);
  std::vector<Stored> items = ItemsOf(fixture.store());
  const bool only_the_log = OneIn(2);
  std::erase_if(items, [&](const Stored& stored) {
    return only_the_log && !stored.key.partition.starts_with("AUDIT#");
  });
  RC_PRE(!items.empty());
  RC_ASSERT(FindingsOf(fixture.store()) == "");

  const auto& [key, item] = OneOf(items);
  const auto& [other_key, other_item] = OneOf(items);
  storage::Transaction tampering;
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      tampering.push_back(storage::WriteOp::Put(key, Altered(item)));
      break;
    case 1:
      tampering.push_back(storage::WriteOp::Delete(key));
      break;
    case 2:  // in the place of another item
      RC_PRE(!(item == other_item));
      tampering.push_back(storage::WriteOp::Put(key, other_item));
      break;
    case 3: {  // as an additional item
      storage::Key place = key;
      place.sort.back() = place.sort.back() == '9' ? 'A' : '9';
      RC_PRE(std::none_of(items.begin(), items.end(),
                          [&](const Stored& stored) { return stored.key == place; }));
      tampering.push_back(storage::WriteOp::Put(place, other_item));
      break;
    }
    default:  // swaps two items
      RC_PRE(!(item == other_item));
      tampering.push_back(storage::WriteOp::Put(key, other_item));
      tampering.push_back(storage::WriteOp::Put(other_key, item));
  }
  const auto done = RunTask(
      fixture.store().TransactWrite(std::move(tampering), DeadlineIn(std::chrono::seconds(60))));
  RC_ASSERT(done.ok() && done->committed);
  RC_ASSERT(FindingsOf(fixture.store()) != "");
}

struct StoredRecord {
  storage::Key key;
  service::IdempotencyRecord record;
};

std::vector<StoredRecord> RecordsOf(storage::local::LocalStore& store) {
  std::vector<StoredRecord> records;
  const auto visited = store.ForEachItem(
      storage::Table::kIdempotency, [&](const storage::Key& key, const storage::Item* item) {
        records.push_back(StoredRecord{key, *service::DecodeRecord(*item)});
      });
  RC_ASSERT(visited.ok());
  return records;
}

void MakeUserWithKey(ServiceFixture& fixture, const std::string& name) {
  Model::Write write;
  write.operation = "register";
  write.key = "key-" + name;
  service::NewUser user;
  user.email = name + "@x.org";
  user.name = "Ada " + name;
  RC_ASSERT(RunTask(fixture.users().Register(ContextOf(write, kArns[0]), user)).ok());
}

// Changes one part of the record, or none of them.
void Forge(service::IdempotencyRecord& record, storage::Key& key, const StoredRecord& other) {
  switch (*rc::gen::inRange(0, 7)) {
    case 0:
      record.request_hash = other.record.request_hash;
      break;
    case 1:
      record.response.body = other.record.response.body;
      break;
    case 2:
      record.response = other.record.response;
      break;
    case 3:
      record.response.body.insert(*rc::gen::inRange<std::size_t>(0, record.response.body.size()),
                                  " ");
      break;
    case 4:
      record.expires_at += *rc::gen::element(-1, 1, 86'400);
      break;
    case 5:
      key = other.key;
      break;
    default:
      key.partition.back() = key.partition.back() == '0' ? '1' : '0';
  }
}

// The checker finds every change to a stored response by a forger who can compute everything except
// a commitment.
PROPERTY(IntegrityChecker, FindsEveryForgedResponse, 25) {
  ServiceFixture fixture;
  const int users = *rc::gen::inRange(2, 8);
  for (int i = 0; i < users; ++i) MakeUserWithKey(fixture, std::to_string(i));
  const std::vector<StoredRecord> records = RecordsOf(fixture.store());
  RC_ASSERT(records.size() == static_cast<std::size_t>(users));
  RC_ASSERT(FindingsOf(fixture.store()) == "");

  const auto which = *rc::gen::inRange<std::size_t>(0, records.size());
  auto [key, record] = records[which];
  const service::IdempotencyRecord original = record;
  const storage::Key original_key = key;
  Forge(record, key, records[(which + 1) % records.size()]);
  const bool same =
      key == original_key && service::EncodeRecord(record) == service::EncodeRecord(original);
  RC_ASSERT(!same);
  if (OneIn(2)) record.nonce = RandomBytes<32>();
  storage::Transaction forgery;
  forgery.push_back(storage::WriteOp::Put(key, service::EncodeRecord(record)));
  const auto done = RunTask(
      fixture.store().TransactWrite(std::move(forgery), DeadlineIn(std::chrono::seconds(60))));
  RC_ASSERT(done.ok() && done->committed);
  RC_ASSERT(FindingsOf(fixture.store()) != "");
}

}  // namespace
}  // namespace users::testing
