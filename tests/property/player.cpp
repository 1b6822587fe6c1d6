#include "property/player.h"

#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <utility>

#include "property/invariants.h"
#include "property/property.h"
#include "support/run_task.h"

namespace users::testing {

using domain::User;
using domain::UserStatus;

namespace {

// A change of a handle to one of few values, its removal, or none.
service::HandleChange AnyHandleChange(const std::vector<std::string>& values) {
  if (!OneIn(3)) return std::nullopt;
  if (OneIn(3)) return std::optional<std::string>();
  return std::optional(OneOf(values));
}

// Changes of few keys, or of so many that two of them exceed the limit of entries.
domain::MetadataChanges AnyMetadataChanges() {
  domain::MetadataChanges changes;
  if (OneIn(4)) {
    const int first = OneIn(2) ? 0 : 26;
    for (int i = first; i < first + 26; ++i) changes["many" + std::to_string(i)] = "x";
    return changes;
  }
  changes["k"] = OneIn(2) ? std::optional<std::string>("v") : std::nullopt;
  if (OneIn(2)) changes["l"] = OneIn(2) ? std::optional<std::string>("v") : std::nullopt;
  if (OneIn(2)) changes["many" + std::to_string(Below(52))] = std::nullopt;
  return changes;
}

}  // namespace

bool Player::PlayWrite() {
  const std::string arn = OneOf(kArns);
  Model::Write write;
  write.owner = domain::IdempotencyOwner(arn);
  correlation_id_ = "write-" + std::to_string(++writes_);
  if (!OneIn(3)) write.key = "key" + std::to_string(Below(4));
  const int kind = model_.order().empty() ? 0 : Below(6);
  if (kind <= 1) {
    PlayRegister(write, arn);
    return !unknown_;
  }
  write.target = OneIn(20) ? std::string(kNoSuchUser) : OneOf(model_.order());
  if (OneIn(4)) write.if_match = 1 + Below<std::uint64_t>(4);
  if (kind == 2) PlayUpdate(write, arn);
  if (kind == 3) PlayStatus(write, arn);
  if (kind >= 4) PlayRole(write, arn, /*assign=*/kind == 4);
  return !unknown_;
}

void Player::CompareReads() {
  for (const auto& [id, user] : model_.users()) {
    const auto got = RunTask(fixture_.users().GetUser(ReadContext(), id));
    if (user.status == UserStatus::kDeleted) {
      RC_ASSERT(!got.ok());
    } else {
      RC_ASSERT(got.ok());
      RC_ASSERT(Model::Render(*got) == Model::Render(user));
    }
  }
  for (const auto status :
       {std::optional<UserStatus>(), std::optional(UserStatus::kActive),
        std::optional(UserStatus::kDisabled), std::optional(UserStatus::kDeleted)}) {
    service::ListFilter filter;
    filter.status = status;
    CompareList(filter);
    if (status == UserStatus::kDeleted) continue;
    for (const std::string& role : kRoles) {
      filter.role = role;
      CompareList(filter);
    }
  }
  for (const domain::HandleKind kind : domain::kHandleKinds) {
    for (const std::string& handle : HandlesOf(kind)) {
      const auto found =
          RunTask(fixture_.users().FindByHandle(ReadContext(), kind, handle, std::nullopt));
      RC_ASSERT(found.ok());
      const auto owner = model_.OwnerOf(kind, handle);
      RC_ASSERT(found->users.size() == (owner ? 1U : 0U));
      if (owner) RC_ASSERT(found->users[0].user_id == *owner);
    }
  }
  std::uint64_t users = 0;
  RC_ASSERT(FindingsOf(fixture_.store(), &users) == "");
  RC_ASSERT(users == model_.users().size());
  RC_ASSERT(BrokenInvariantsOf(fixture_.store()) == "");
  RC_ASSERT(std::is_sorted(model_.order().begin(), model_.order().end()));
}

void Player::PlayRegister(Model::Write& write, const std::string& arn) {
  User user;
  user.email = OneOf(kEmails);
  user.name = OneIn(2) ? "Ada" : "Bob";
  if (OneIn(3)) user.external_id = OneOf(kExternalIds);
  if (OneIn(3)) user.user_name = OneOf(kUserNames);
  if (OneIn(3)) user.metadata["k"] = "v";
  write.operation = "register";
  write.request = Model::Render(user);
  service::NewUser fresh;
  fresh.email = user.email;
  fresh.name = user.name;
  fresh.external_id = user.external_id;
  fresh.user_name = user.user_name;
  fresh.metadata = user.metadata;
  const Timestamp now = fixture_.clock().Now();
  const auto result =
      RunTask(fixture_.users().Register(ContextOf(write, arn, correlation_id_), fresh));
  const auto happen = [this, write, user, now](const std::string& id) {
    return model_.Register(write, user, id, now);
  };
  if (OutcomeOf(result).error == "UNAVAILABLE") {
    unknown_ = Unknown{"", correlation_id_, happen};
    return;
  }
  const std::string id = result.ok() && !result->replayed ? result->response.location : "";
  RC_ASSERT(OutcomeOf(result) == happen(id));
}

void Player::PlayUpdate(Model::Write& write, const std::string& arn) {
  service::ProfileChange change;
  if (OneIn(2)) change.email = OneOf(kEmails);
  if (OneIn(2) || !change.email) change.name = OneIn(2) ? "Ada" : "Eve";
  change.external_id = AnyHandleChange(kExternalIds);
  change.user_name = AnyHandleChange(kUserNames);
  if (OneIn(3)) {
    change.metadata = domain::Metadata{{"k", OneIn(2) ? "v" : "w"}};
  } else if (OneIn(2)) {
    change.metadata_changes = AnyMetadataChanges();
  }
  write.operation = "update";
  write.request = change.email.value_or("-") + "|" + change.name.value_or("-") + "|" +
                  (change.metadata ? change.metadata->at("k") : "-");
  for (const auto& handle : {change.external_id, change.user_name}) {
    write.request += "|" + (handle ? handle->value_or("(removed)") : "-");
  }
  if (change.metadata_changes) {
    for (const auto& [key, value] : *change.metadata_changes) {
      write.request += "|" + key + "=" + value.value_or("(removed)");
    }
  }
  const auto result = RunTask(
      fixture_.users().UpdateProfile(ContextOf(write, arn, correlation_id_), write.target, change));
  const auto apply = [change](User& user) {
    if (change.email) user.email = *change.email;
    if (change.name) user.name = *change.name;
    if (change.external_id) user.external_id = *change.external_id;
    if (change.user_name) user.user_name = *change.user_name;
    if (change.metadata) user.metadata = *change.metadata;
    if (!change.metadata_changes) return std::string();
    for (const auto& [key, value] : *change.metadata_changes) {
      user.metadata.erase(key);
      if (value) user.metadata.emplace(key, *value);
    }
    return user.metadata.size() > 50 ? "VALIDATION metadataChanges" : std::string();
  };
  Compare(result, write, /*sees_deleted=*/false, apply);
}

void Player::PlayStatus(Model::Write& write, const std::string& arn) {
  const UserStatus status = OneOf(std::vector<UserStatus>{
      UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDisabled, UserStatus::kDeleted});
  write.operation = "status";
  write.request = NameOf(status);
  const auto result = RunTask(
      fixture_.users().SetStatus(ContextOf(write, arn, correlation_id_), write.target, status));
  const auto apply = [status](User& user) {
    if (user.status == UserStatus::kDeleted && status != UserStatus::kDeleted) {
      return std::string("CONFLICT USER_DELETED");
    }
    user.status = status;
    return std::string();
  };
  Compare(result, write, /*sees_deleted=*/true, apply);
}

void Player::PlayRole(Model::Write& write, const std::string& arn, bool assign) {
  const std::string role = OneOf(kRoles);
  write.operation = assign ? "assign" : "remove";
  write.request = role;
  auto& users = fixture_.users();
  const auto context = ContextOf(write, arn, correlation_id_);
  const auto result = assign ? RunTask(users.AssignRole(context, write.target, role))
                             : RunTask(users.RemoveRole(context, write.target, role));
  const auto apply = [role, assign](User& user) {
    std::set<std::string> roles(user.roles.begin(), user.roles.end());
    if (!assign && !roles.contains(role)) return std::string("NOT_FOUND");
    if (assign) {
      roles.insert(role);
    } else {
      roles.erase(role);
    }
    user.roles.assign(roles.begin(), roles.end());
    return std::string();
  };
  Compare(result, write, /*sees_deleted=*/false, apply);
}

template <class Apply>
void Player::Compare(const Result<service::WriteOutcome>& result, const Model::Write& write,
                     bool sees_deleted, Apply apply) {
  const Timestamp now = fixture_.clock().Now();
  const auto happen = [this, write, sees_deleted, now, apply](const std::string&) {
    return model_.Change(write, sees_deleted, now, apply);
  };
  if (OutcomeOf(result).error == "UNAVAILABLE") {
    unknown_ = Unknown{write.target, correlation_id_, happen};
    return;
  }
  RC_ASSERT(OutcomeOf(result) == happen(""));
}

void Player::SettleUnknown() {
  if (!unknown_) return;
  const Unknown unknown = *std::exchange(unknown_, std::nullopt);
  const auto entry = EntryOf(fixture_.store(), unknown.correlation_id);
  if (!entry) return;
  // The write has happened, so the model must accept it and must not replay it.
  if (!unknown.target.empty()) RC_ASSERT(entry->user_id == unknown.target);
  const Model::Outcome outcome = unknown.happen(entry->user_id);
  RC_ASSERT(outcome.error == "");
  RC_ASSERT(!outcome.replayed);
  RC_ASSERT(model_.users().at(entry->user_id).version == entry->version);
}

// A time around the creation of some user, as its id says it.
Timestamp Player::AnyTimeOfCreation() {
  return TimeOf(*ParseUlid(OneOf(model_.order()))) +
         std::chrono::milliseconds(*rc::gen::inRange(-1, 3));
}

// Compares a list with the model's, for all times of creation and for some of them.
void Player::CompareList(const service::ListFilter& filter) {
  RC_ASSERT(Walk(filter) == Listed(filter));
  if (model_.order().empty()) return;
  service::ListFilter between = filter;
  between.created_from = AnyTimeOfCreation();
  between.created_to = AnyTimeOfCreation();
  RC_ASSERT(Walk(between) == Listed(between));
}

std::vector<std::string> Player::Listed(const service::ListFilter& filter) {
  std::vector<std::string> ids = model_.Listed(filter.status, filter.role);
  std::erase_if(ids, [&](const std::string& id) {
    const Timestamp time = TimeOf(*ParseUlid(id));
    return (filter.created_from && time < *filter.created_from) ||
           (filter.created_to && time >= *filter.created_to);
  });
  return ids;
}

std::vector<std::string> Player::Walk(const service::ListFilter& filter) {
  std::vector<std::string> ids;
  service::ListQuery query;
  query.limit = *rc::gen::inRange<std::size_t>(1, 4);
  query.filter = filter;
  while (true) {
    const auto page = RunTask(fixture_.users().ListUsers(ReadContext(), query));
    RC_ASSERT(page.ok());
    RC_ASSERT(page->users.size() <= query.limit);
    for (const auto& user : page->users) ids.push_back(user.user_id);
    if (!page->continue_after) return ids;
    RC_ASSERT(*page->continue_after > query.after);
    query.after = *page->continue_after;
  }
}

}  // namespace users::testing
