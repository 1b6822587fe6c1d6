// The whole trail: a reader of events that follows `next` sees every committed change exactly once
// in commit order, and a query of the trail shows exactly the entries that its filter admits.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/json/json.h"
#include "property/player.h"
#include "property/property.h"
#include "service/user_records.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

using Ids = std::vector<std::string>;

service::CallContext Context() {
  service::CallContext context;
  context.deadline = DeadlineIn(std::chrono::minutes(1));
  return context;
}

void RegisterUsers(ServiceFixture& fixture, int users) {
  for (int i = 0; i < users; ++i) {
    service::WriteContext context;
    context.call = Context();
    context.operation = "users_register_create";
    context.render = [](const domain::User&) { return service::StoredResponse(); };
    service::NewUser user;
    user.email = std::to_string(i) + "@example.com";
    user.name = "Some";
    RC_ASSERT(RunTask(fixture.users().Register(std::move(context), std::move(user))).ok());
  }
}

// All entries in commit order, from the feed itself.
std::vector<domain::AuditEntry> Committed(ServiceFixture& fixture) {
  std::vector<domain::AuditEntry> entries;
  const auto records = fixture.store().Read(0, 1'000'000);
  RC_ASSERT(records.ok());
  for (const storage::FeedRecord& record : *records) {
    entries.push_back(*service::DecodeAuditEntry(record.partition, record.sort, record.item));
  }
  return entries;
}

Ids IdsOf(const std::vector<domain::AuditEntry>& entries) {
  Ids ids;
  for (const domain::AuditEntry& entry : entries) ids.push_back(entry.event_id);
  return ids;
}

// A reader that keeps nothing but its last cursor, as text.
class Reader {
 public:
  void Read(ServiceFixture& fixture, int pages) {
    for (; pages > 0; --pages) {
      service::EventQuery query;
      query.limit = *rc::gen::inRange<std::size_t>(1, 8);
      const std::string identity(fixture.users().TrailIdentity());
      if (cursor_) {
        query.from = service::EventQuery::From::kCursor;
        query.after = service::DecodeEventCursor(*cursor_, identity).value();
      }
      const auto page = RunTask(fixture.users().ReadEvents(Context(), query));
      RC_ASSERT(page.ok());
      RC_ASSERT(page->events.size() <= query.limit);
      for (const std::string& event : page->events) {
        const auto parsed = json::Parse(event);
        seen_.emplace_back(parsed->value.at("id").as_string());
      }
      cursor_ = service::EncodeEventCursor(page->next, identity);
      if (page->events.empty()) return;
    }
  }

  const Ids& seen() const { return seen_; }

 private:
  std::optional<std::string> cursor_;
  Ids seen_;
};

PROPERTY(Trail, ShowsAReaderEveryChangeOnceInCommitOrder, 20) {
  ServiceFixture fixture(2);
  Player player(fixture);
  Reader reader;
  const int rounds = *rc::gen::inRange(1, 10);
  for (int round = 0; round < rounds; ++round) {
    for (int writes = *rc::gen::inRange(0, 10); writes > 0; --writes) {
      RC_ASSERT(player.PlayWrite());
    }
    reader.Read(fixture, *rc::gen::inRange(0, 4));
    if (OneIn(3)) fixture.Restart();
  }
  reader.Read(fixture, 1'000);
  RC_ASSERT(reader.seen() == IdsOf(Committed(fixture)));
}

using FieldErrors = std::vector<std::string>;

// Returns the fields that a read after this cursor reports.
FieldErrors FaultsOf(ServiceFixture& fixture, const service::EventCursor& cursor) {
  service::EventQuery query;
  query.from = service::EventQuery::From::kCursor;
  query.after = cursor;
  const auto page = RunTask(fixture.users().ReadEvents(Context(), query));
  FieldErrors fields;
  if (page.ok()) return fields;
  RC_ASSERT(page.error().code == ErrorCode::kValidation);
  for (const FieldError& fault : page.error().fields) fields.push_back(fault.field);
  return fields;
}

service::TrailFilter AnyFilter(const std::vector<domain::AuditEntry>& entries) {
  service::TrailFilter filter;
  const domain::AuditEntry& some = OneOf(entries);
  if (OneIn(4)) filter.user_id = some.user_id;
  if (OneIn(4)) filter.action = some.action;
  if (OneIn(4)) filter.actor = OneIn(2) ? some.actor : some.actor.substr(0, 20) + "*";
  if (OneIn(6)) filter.role = OneOf(kRoles);
  if (OneIn(6)) filter.field = OneOf(std::vector<std::string>{"email", "roles", "status", "name"});
  if (OneIn(4)) filter.from = some.timestamp + std::chrono::milliseconds(*rc::gen::inRange(-1, 2));
  if (OneIn(4)) filter.to = some.timestamp + std::chrono::milliseconds(*rc::gen::inRange(-1, 2));
  return filter;
}

// Written without the service's own filter.
bool IsWanted(const service::TrailFilter& filter, const domain::AuditEntry& entry) {
  if (filter.from && entry.timestamp < *filter.from) return false;
  if (filter.to && entry.timestamp >= *filter.to) return false;
  if (filter.user_id && *filter.user_id != entry.user_id) return false;
  if (filter.action && *filter.action != entry.action) return false;
  if (filter.role && (!entry.role || *entry.role != *filter.role)) return false;
  if (filter.actor) {
    const std::string& actor = *filter.actor;
    const std::string prefix = actor.substr(0, actor.find('*'));
    if (entry.actor.rfind(prefix, 0) != 0) return false;
    if (prefix == actor && entry.actor != actor) return false;
  }
  return !filter.field ||
         std::count(entry.changed_fields->begin(), entry.changed_fields->end(), *filter.field) == 1;
}

// The clock steps back by less than a day, as the operation expects.
PROPERTY(Trail, ShowsTheEntriesOfAFilterInBothOrders, 20) {
  ServiceFixture fixture(2);
  Player player(fixture);
  for (int writes = *rc::gen::inRange(1, 60); writes > 0; --writes) {
    RC_ASSERT(player.PlayWrite());
    if (OneIn(3)) fixture.clock().Advance(std::chrono::hours(*rc::gen::inRange(0, 60)));
    if (OneIn(8)) fixture.clock().Advance(-std::chrono::hours(*rc::gen::inRange(0, 20)));
  }
  const auto committed = Committed(fixture);
  if (committed.empty()) return;
  service::TrailQuery query;
  query.limit = *rc::gen::inRange<std::size_t>(1, 20);
  query.newest_first = OneIn(2);
  query.filter = AnyFilter(committed);
  Ids expected;
  for (const domain::AuditEntry& entry : committed) {
    if (IsWanted(query.filter, entry)) expected.push_back(entry.event_id);
  }
  if (query.newest_first) std::reverse(expected.begin(), expected.end());
  Ids shown;
  do {
    const auto page = RunTask(fixture.users().QueryTrail(Context(), query));
    RC_ASSERT(page.ok());
    RC_ASSERT(page->entries.size() <= query.limit);
    for (const std::string& id : IdsOf(page->entries)) shown.push_back(id);
    query.after = page->continue_after;
  } while (query.after);
  RC_ASSERT(shown == expected);
}

// Records are removed between pages. The reader is told, and continues at the oldest one.
PROPERTY(Trail, TellsAReaderThatIsTooLate, 20) {
  ServiceFixture fixture(2);
  RegisterUsers(fixture, 8);
  service::EventQuery query;
  query.limit = 2;
  const auto first = RunTask(fixture.users().ReadEvents(Context(), query));
  RC_ASSERT(first.ok());
  const auto removed = *rc::gen::inRange<std::uint64_t>(1, 9);
  RC_ASSERT(fixture.store().Remove(removed).ok());
  if (OneIn(2)) fixture.Restart();
  query.from = service::EventQuery::From::kCursor;
  query.after = first->next;
  const auto second = RunTask(fixture.users().ReadEvents(Context(), query));
  RC_ASSERT(second.ok() == (removed <= 2));
  if (second.ok()) return;
  RC_ASSERT(second.error().code == ErrorCode::kGone);
  const std::string identity(fixture.users().TrailIdentity());
  query.after = service::DecodeEventCursor(second.error().oldest_cursor, identity).value();
  const auto third = RunTask(fixture.users().ReadEvents(Context(), query));
  RC_ASSERT(third.ok());
  RC_ASSERT(query.after.position == removed);
}

// The store was replaced by an older copy, which has gone another way since.
PROPERTY(Trail, RejectsACursorOfAnotherHistory, 5) {
  ServiceFixture fixture(1);
  RegisterUsers(fixture, 4);
  const FieldErrors known = FaultsOf(fixture, service::EventCursor(3, "another"));
  RC_ASSERT(known == FieldErrors{"after"});
  const std::uint64_t newest = fixture.store().Bounds().newest;
  RC_ASSERT(FaultsOf(fixture, service::EventCursor(newest + 1, "")) == FieldErrors{"after"});
  RC_ASSERT(FaultsOf(fixture, service::EventCursor(newest, "")).empty());
}

}  // namespace
}  // namespace users::testing
