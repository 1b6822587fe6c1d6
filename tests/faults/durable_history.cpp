#include "faults/durable_history.h"

#include <set>

#include "service/user_records.h"
#include "support/service_fixture.h"

namespace users::testing {
namespace {

service::StoredResponse Rendered(const domain::User& user) {
  service::StoredResponse response;
  response.status = 200;
  response.body = user.user_id + " " + std::to_string(user.version);
  response.version = user.version;
  response.location = user.user_id;
  return response;
}

}  // namespace

void DurableHistory::Add(Acknowledged change) {
  const MutexLock lock(mutex_);
  if (change.version == 1) users_.push_back(change.user_id);
  changes_.push_back(std::move(change));
}

std::string DurableHistory::AnyUser(std::mt19937_64& random) const {
  const MutexLock lock(mutex_);
  return users_.empty() ? "" : users_[random() % users_.size()];
}

std::size_t DurableHistory::size() const {
  const MutexLock lock(mutex_);
  return changes_.size();
}

std::string DurableHistory::FaultsOf(storage::local::LocalStore& store) const {
  std::string faults = FindingsOf(store);
  std::map<std::string, std::string> correlation_ids;  // "<user>/<version>" to id
  std::set<std::string> entries;
  const auto visited = store.ForEachItem(
      storage::Table::kUsers, [&](const storage::Key& key, const storage::Item* item) {
        if (item == nullptr || !service::AuditChainOf(key.partition)) return;
        const auto entry = service::DecodeAuditEntry(key.partition, key.sort, *item);
        if (!entry.ok()) {
          faults += key.partition + " cannot be read\n";
          return;
        }
        const std::string place = entry->user_id + "/" + std::to_string(entry->version);
        correlation_ids[place] = entry->correlation_id;
        entries.insert(place);
      });
  if (!visited.ok()) faults += "the store cannot be read\n";

  const MutexLock lock(mutex_);
  for (const Acknowledged& change : changes_) {
    const std::string place = change.user_id + "/" + std::to_string(change.version);
    const auto found = correlation_ids.find(place);
    if (found == correlation_ids.end()) {
      faults += "acknowledged change " + place + " is lost\n";
    } else if (found->second != change.correlation_id) {
      faults += "acknowledged change " + place + " was replaced by another change\n";
    }
  }

  // No consumer has a checkpoint here, so the feed must have a record of every entry.
  std::uint64_t after = 0;
  while (true) {
    const auto records = store.Read(after, 1000);
    if (!records.ok()) {
      faults += "the feed cannot be read\n";
      break;
    }
    if (records->empty()) break;
    for (const auto& record : *records) {
      const auto entry = service::DecodeAuditEntry(record.partition, record.sort, record.item);
      if (entry.ok()) entries.erase(entry->user_id + "/" + std::to_string(entry->version));
      after = record.position;
    }
  }
  for (const std::string& place : entries) faults += "the feed has no record of " + place + "\n";
  return faults;
}

Task<void> RunClient(service::UserService& users, DurableHistory& history, std::string name,
                     std::uint64_t seed, int operations, AfterFailure after_failure) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < operations; ++i) {
    service::WriteContext context;
    context.call.caller.arn = "arn:aws:iam::123456789012:user/" + name;
    context.call.caller.access_key_id = "AKIDEXAMPLE";
    context.call.correlation_id = name + "-" + std::to_string(i);
    context.call.deadline = DeadlineIn(std::chrono::seconds(30));
    context.idempotency_key = context.call.correlation_id;
    context.render = Rendered;
    std::string target = history.AnyUser(random);
    const auto kind = target.empty() ? 0 : random() % 8;
    Result<service::WriteOutcome> result = Error::Internal();
    if (kind <= 2) {
      context.operation = "register";
      service::NewUser user;
      user.email = "u" + std::to_string(random() % 50) + "@x.org";
      user.name = "Name";
      user.metadata["padding"] = std::string(random() % 700, 'x');
      target.clear();
      result = co_await users.Register(context, user);
    } else if (kind <= 4) {
      context.operation = "update";
      service::ProfileChange change;
      change.name = "Name " + context.call.correlation_id;
      if (random() % 3 == 0) change.email = "u" + std::to_string(random() % 50) + "@x.org";
      result = co_await users.UpdateProfile(context, target, change);
    } else if (kind <= 6) {
      context.operation = "assign";
      const std::string role = random() % 2 == 0 ? "viewer" : "editor";
      result = co_await users.AssignRole(context, target, role);
    } else {
      context.operation = "status";
      const auto status = random() % 4 == 0   ? domain::UserStatus::kDeleted
                          : random() % 2 == 0 ? domain::UserStatus::kDisabled
                                              : domain::UserStatus::kActive;
      result = co_await users.SetStatus(context, target, status);
    }
    if (!result.ok()) {
      const ErrorCode code = result.error().code;
      const bool failed = code == ErrorCode::kUnavailable || code == ErrorCode::kInternal;
      if (failed && after_failure == AfterFailure::kStop) co_return;
      continue;
    }
    // A no-op is also a 200 but creates no version. Its response has the version of another change.
    const std::string user_id = result->response.body.substr(0, result->response.body.find(' '));
    DurableHistory::Acknowledged change{user_id, result->response.version,
                                        context.call.correlation_id};
    service::AuditQuery query;
    query.after_version = change.version - 1;
    query.limit = 1;
    auto page = co_await users.QueryAudit(context.call, user_id, query);
    const bool made_it = page.ok() && !page->entries.empty() &&
                         page->entries[0].correlation_id == change.correlation_id;
    if (made_it) history.Add(std::move(change));
  }
}

}  // namespace users::testing
