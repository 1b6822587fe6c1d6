// Random operations of several callers, with restarts, clock steps and several list shards between
// them: every answer is the model's, and what the store holds keeps every invariant of the
// contract.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <atomic>
#include <set>

#include "property/model.h"
#include "property/service_fixture.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

using domain::User;
using domain::UserStatus;

const std::vector<std::string> kArns = {
    "arn:aws:iam::123456789012:user/ada",
    "arn:aws:iam::123456789012:user/bob",
    "arn:aws:sts::123456789012:assumed-role/clerk/one",
    "arn:aws:sts::123456789012:assumed-role/clerk/two",
};
const std::vector<std::string> kEmails = {"a@x.org", "A@x.org", "b@x.org", "c@x.org", "C@X.org"};
const std::vector<std::string> kRoles = {"admin", "editor", "viewer"};

std::string ErrorText(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
      return "NOT_FOUND";
    case ErrorCode::kPreconditionFailed:
      return "PRECONDITION_FAILED";
    case ErrorCode::kConflict:
      switch (error.conflict_reason) {
        case ConflictReason::kEmailInUse:
          return "CONFLICT EMAIL_IN_USE";
        case ConflictReason::kIdempotencyKeyReused:
          return "CONFLICT IDEMPOTENCY_KEY_REUSED";
        case ConflictReason::kUserDeleted:
          return "CONFLICT USER_DELETED";
      }
      return "";
    default:
      return "UNEXPECTED " + error.message;
  }
}

// The service's outcome in the model's terms.
Model::Outcome OutcomeOf(const Result<service::WriteOutcome>& result) {
  if (!result.ok()) return Model::Outcome{"", ErrorText(result.error()), false};
  return Model::Outcome{result->answer.body, "", result->replayed};
}

service::StoredAnswer Rendered(const User& user) {
  service::StoredAnswer answer;
  answer.status = 200;
  answer.body = Model::Render(user);
  answer.version = user.version;
  answer.location = user.user_id;
  return answer;
}

service::WriteContext ContextOf(const Model::Write& write, const std::string& arn) {
  service::WriteContext context;
  context.call.caller.arn = arn;
  context.call.caller.access_key_id = "AKIDEXAMPLE";
  context.call.correlation_id = "test";
  context.call.deadline = DeadlineIn(std::chrono::seconds(60));
  context.operation = write.operation;
  context.idempotency_key = write.key;
  if (write.if_match) {
    context.if_match = domain::IfMatch::Parse("\"" + std::to_string(*write.if_match) + "\"");
  }
  context.render = Rendered;
  return context;
}

service::CallContext ReadContext() {
  return service::CallContext(domain::Caller(), "test", DeadlineIn(std::chrono::seconds(60)));
}

template <class T>
T OneOf(const std::vector<T>& values) {
  return values[*rc::gen::inRange<std::size_t>(0, values.size())];
}

bool OneIn(int n) {
  return *rc::gen::inRange(0, n) == 0;
}

// Plays one random write on both and compares.
class Player {
 public:
  explicit Player(ServiceFixture& fixture) : fixture_(fixture) {}

  void PlayWrite() {
    const std::string arn = OneOf(kArns);
    Model::Write write;
    write.owner = domain::IdempotencyOwner(arn);
    if (!OneIn(3)) write.key = "key" + std::to_string(*rc::gen::inRange(0, 4));
    const int kind = model_.order().empty() ? 0 : *rc::gen::inRange(0, 6);
    if (kind <= 1) {
      PlayRegister(write, arn);
      return;
    }
    write.target = OneIn(20) ? "01ARZ3NDEKTSV4RRFFQ69G5FAV" : OneOf(model_.order());
    if (OneIn(4)) write.if_match = *rc::gen::inRange<std::uint64_t>(1, 5);
    if (kind == 2) PlayUpdate(write, arn);
    if (kind == 3) PlayStatus(write, arn);
    if (kind >= 4) PlayRole(write, arn, /*assign=*/kind == 4);
  }

  void CompareReads() {
    for (const auto& [id, user] : model_.users()) {
      const auto got = RunTask(fixture_.users().GetUser(ReadContext(), id));
      if (user.status == UserStatus::kDeleted) {
        RC_ASSERT(!got.ok());
      } else {
        RC_ASSERT(got.ok());
        RC_ASSERT(Model::Render(*got) == Model::Render(user));
      }
    }
    for (const auto status : {std::optional<UserStatus>(), std::optional(UserStatus::kActive),
                              std::optional(UserStatus::kDisabled)}) {
      RC_ASSERT(Walk(status) == model_.Listed(status));
    }
    for (const std::string& email : kEmails) {
      const auto found = RunTask(fixture_.users().FindByEmail(ReadContext(), email, std::nullopt));
      RC_ASSERT(found.ok());
      const auto owner = model_.OwnerOf(email);
      RC_ASSERT(found->users.size() == (owner ? 1U : 0U));
      if (owner) RC_ASSERT(found->users[0].user_id == *owner);
    }
    std::uint64_t users = 0;
    RC_ASSERT(FindingsOf(fixture_.store(), &users) == "");
    RC_ASSERT(users == model_.users().size());
    RC_ASSERT(std::is_sorted(model_.order().begin(), model_.order().end()));
    RC_ASSERT(fixture_.logged() == "");
  }

 private:
  void PlayRegister(Model::Write& write, const std::string& arn) {
    User user;
    user.email = OneOf(kEmails);
    user.name = OneIn(2) ? "Ada" : "Bob";
    if (OneIn(3)) user.metadata["k"] = "v";
    write.operation = "register";
    write.request = Model::Render(user);
    service::NewUser fresh;
    fresh.email = user.email;
    fresh.name = user.name;
    fresh.metadata = user.metadata;
    const auto result = RunTask(fixture_.users().Register(ContextOf(write, arn), fresh));
    const std::string id = result.ok() && !result->replayed ? result->answer.location : "";
    RC_ASSERT(OutcomeOf(result) == model_.Register(write, user, id, fixture_.clock().Now()));
  }

  void PlayUpdate(Model::Write& write, const std::string& arn) {
    service::ProfileChange change;
    if (OneIn(2)) change.email = OneOf(kEmails);
    if (OneIn(2) || !change.email) change.name = OneIn(2) ? "Ada" : "Eve";
    if (OneIn(3)) change.metadata = domain::Metadata{{"k", OneIn(2) ? "v" : "w"}};
    write.operation = "update";
    write.request = change.email.value_or("-") + "|" + change.name.value_or("-") + "|" +
                    (change.metadata ? change.metadata->at("k") : "-");
    const auto result =
        RunTask(fixture_.users().UpdateProfile(ContextOf(write, arn), write.target, change));
    const auto apply = [&](User& user) {
      if (change.email) user.email = *change.email;
      if (change.name) user.name = *change.name;
      if (change.metadata) user.metadata = *change.metadata;
      return std::string();
    };
    Compare(result, write, /*sees_deleted=*/false, apply);
  }

  void PlayStatus(Model::Write& write, const std::string& arn) {
    const UserStatus status = OneOf(std::vector<UserStatus>{
        UserStatus::kActive, UserStatus::kDisabled, UserStatus::kDisabled, UserStatus::kDeleted});
    write.operation = "status";
    write.request = NameOf(status);
    const auto result =
        RunTask(fixture_.users().SetStatus(ContextOf(write, arn), write.target, status));
    const auto apply = [&](User& user) {
      if (user.status == UserStatus::kDeleted && status != UserStatus::kDeleted) {
        return std::string("CONFLICT USER_DELETED");
      }
      user.status = status;
      return std::string();
    };
    Compare(result, write, /*sees_deleted=*/true, apply);
  }

  void PlayRole(Model::Write& write, const std::string& arn, bool assign) {
    const std::string role = OneOf(kRoles);
    write.operation = assign ? "assign" : "remove";
    write.request = role;
    auto& users = fixture_.users();
    const auto result = assign
                            ? RunTask(users.AssignRole(ContextOf(write, arn), write.target, role))
                            : RunTask(users.RemoveRole(ContextOf(write, arn), write.target, role));
    const auto apply = [&](User& user) {
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
  void Compare(const Result<service::WriteOutcome>& result, const Model::Write& write,
               bool sees_deleted, Apply apply) {
    RC_ASSERT(OutcomeOf(result) ==
              model_.Change(write, sees_deleted, fixture_.clock().Now(), apply));
  }

  std::vector<std::string> Walk(std::optional<UserStatus> status) {
    std::vector<std::string> ids;
    service::ListQuery query;
    query.limit = *rc::gen::inRange<std::size_t>(1, 4);
    query.status = status;
    while (true) {
      const auto page = RunTask(fixture_.users().ListUsers(ReadContext(), query));
      RC_ASSERT(page.ok());
      for (const auto& user : page->users) ids.push_back(user.user_id);
      if (!page->more) return ids;
      query.after = ids.back();
    }
  }

  ServiceFixture& fixture_;
  Model model_;
};

RC_GTEST_PROP(ServiceProperty, AnswersAsTheContractInOneMapWould, ()) {
  ServiceFixture fixture(*rc::gen::inRange<std::uint32_t>(1, 5));
  Player player(fixture);
  const int steps = *rc::gen::inRange(1, 60);
  for (int step = 0; step < steps; ++step) {
    if (OneIn(25)) fixture.Restart();
    if (OneIn(5)) {
      fixture.clock().Advance(std::chrono::minutes(*rc::gen::inRange(-600, 1500)));
    }
    player.PlayWrite();
  }
  player.CompareReads();
}

// Nothing of this is in a certain order, so there is no model: what must hold at the end is that
// every invariant holds and that keys had one effect each.
TEST(ServiceProperty, ConcurrentRivalsLeaveEveryInvariantWhole) {
  ServiceFixture fixture(3);
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    Model::Write write;
    write.operation = "register";
    service::NewUser user;
    user.email = "seed" + std::to_string(i) + "@x.org";
    user.name = "Seed";
    ids.push_back(
        RunTask(fixture.users().Register(ContextOf(write, kArns[0]), user))->answer.location);
  }
  std::atomic<int> unexpected{0};
  RunTogether(32, 4, [&](int rival) -> Task<void> {
    std::minstd_rand random(static_cast<unsigned>(rival) + 1);
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    for (int i = 0; i < 25; ++i) {
      Model::Write write;
      write.key = "key" + std::to_string(pick(40));
      std::string target = ids[pick(ids.size())];
      Result<service::WriteOutcome> result = Error::Internal();
      switch (pick(5)) {
        case 0: {
          write.operation = "register";
          service::NewUser user;
          user.email = kEmails[pick(kEmails.size())];
          user.name = "New";
          result = co_await fixture.users().Register(ContextOf(write, kArns[pick(4)]), user);
          break;
        }
        case 1: {
          write.operation = "update";
          service::ProfileChange change;
          change.email = kEmails[pick(kEmails.size())];
          change.name = "N" + std::to_string(pick(3));
          result = co_await fixture.users().UpdateProfile(ContextOf(write, kArns[pick(4)]), target,
                                                          change);
          break;
        }
        case 2: {
          write.operation = "status";
          const UserStatus status = pick(2) == 0 ? UserStatus::kDisabled : UserStatus::kActive;
          result =
              co_await fixture.users().SetStatus(ContextOf(write, kArns[pick(4)]), target, status);
          break;
        }
        case 3:
          write.operation = "assign";
          result = co_await fixture.users().AssignRole(ContextOf(write, kArns[pick(4)]), target,
                                                       kRoles[pick(3)]);
          break;
        default:
          write.operation = "remove";
          result = co_await fixture.users().RemoveRole(ContextOf(write, kArns[pick(4)]), target,
                                                       kRoles[pick(3)]);
      }
      if (!result.ok() && ErrorText(result.error()).starts_with("UNEXPECTED")) ++unexpected;
    }
  });
  EXPECT_EQ(unexpected, 0);
  EXPECT_EQ(FindingsOf(fixture.store()), "");
  EXPECT_EQ(fixture.logged(), "");
}

TEST(ServiceProperty, SimultaneousTwinsHaveOneEffectAndOneAnswer) {
  ServiceFixture fixture;
  Model::Write write;
  write.operation = "register";
  write.key = "twin";
  std::vector<std::string> answers(64);
  std::atomic<int> replayed{0};
  RunTogether(64, 4, [&](int twin) -> Task<void> {
    service::NewUser user;
    user.email = "twin@x.org";
    user.name = "Twin";
    auto result = co_await fixture.users().Register(ContextOf(write, kArns[0]), user);
    if (!result.ok()) co_return;
    if (result->replayed) ++replayed;
    answers[static_cast<std::size_t>(twin)] = result->answer.location + result->answer.body;
  });
  EXPECT_EQ(replayed, 63);
  EXPECT_EQ(std::set<std::string>(answers.begin(), answers.end()).size(), 1U);
  std::uint64_t users = 0;
  EXPECT_EQ(FindingsOf(fixture.store(), &users), "");
  EXPECT_EQ(users, 1U);
}

TEST(ServiceProperty, EveryRivalOfOneUserTakesEffect) {
  ServiceFixture fixture;
  Model::Write write;
  write.operation = "register";
  service::NewUser user;
  user.email = "one@x.org";
  user.name = "One";
  const std::string id =
      RunTask(fixture.users().Register(ContextOf(write, kArns[0]), user))->answer.location;
  std::vector<std::uint64_t> versions(64);
  RunTogether(64, 4, [&](int rival) -> Task<void> {
    Model::Write change_write;
    change_write.operation = "update";
    service::ProfileChange change;
    change.name = "Name " + std::to_string(rival);
    auto result =
        co_await fixture.users().UpdateProfile(ContextOf(change_write, kArns[0]), id, change);
    if (result.ok()) versions[static_cast<std::size_t>(rival)] = result->answer.version;
  });
  std::sort(versions.begin(), versions.end());
  for (std::size_t i = 0; i < versions.size(); ++i) EXPECT_EQ(versions[i], i + 2);
  EXPECT_EQ(FindingsOf(fixture.store()), "");
}

}  // namespace
}  // namespace users::testing
