// The search index against a comparison with every user, while users change and the index is stopped
// and removed.
#include <gtest/gtest.h>

#include <filesystem>

#include "property/property.h"
#include "property/random_call.h"
#include "search/fold.h"
#include "support/search_fixture.h"

namespace users::testing {
namespace {

const std::vector<std::string> kWords = {"Ada",    "ADA",    "Zoë",    "zoe",     "O'Brien", "ob",
                                         "李小龙", "Straße", "strass", "adamant", "x-y_z",   "Ånn"};

std::string AnyName() {
  std::string name = OneOf(kWords);
  const int more = *rc::gen::inRange(0, 3);
  for (int i = 0; i < more; ++i) name += " " + OneOf(kWords);
  return name;
}

std::string AnyQuery(const std::vector<std::string>& ids) {
  if (!ids.empty() && OneIn(5)) return OneOf(ids);
  std::string text;
  const int words = *rc::gen::inRange(1, 4);
  for (int i = 0; i < words; ++i) {
    const std::string word = OneOf(kWords);
    if (i > 0) text += ' ';
    text += search::FirstCodePoints(word, *rc::gen::inRange<std::size_t>(1, 9));
  }
  return text;
}

class RandomDirectory {
 public:
  RandomDirectory(ServiceFixture& fixture) : fixture_(fixture) {}

  void Change() {
    RandomCall call;
    if (ids_.empty() || OneIn(2)) {
      const std::string number = std::to_string(created_++);
      call.email = OneOf<std::string>({"ada", "zoe.x", "o'b"}) + number + "@ada-mail.example.org";
      call.name = AnyName();
      const auto made = RunTask(Perform(fixture_.users(), call, "c"));
      RC_ASSERT(made.ok());
      ids_.push_back(made->user_id);
      return;
    }
    call.target = OneOf(ids_);
    call.kind = OneOf<RandomCall::Kind>({RandomCall::Kind::kUpdate, RandomCall::Kind::kUpdate,
                                         RandomCall::Kind::kStatus, RandomCall::Kind::kAssign});
    call.name = AnyName();
    call.role = "user-reader";
    call.status = OneOf<domain::UserStatus>(
        {domain::UserStatus::kActive, domain::UserStatus::kDisabled, domain::UserStatus::kDeleted});
    // A deleted user rejects the change.
    const auto ignored = RunTask(Perform(fixture_.users(), call, "c"));
    static_cast<void>(ignored);
  }

  const std::vector<std::string>& ids() const { return ids_; }

 private:
  ServiceFixture& fixture_;
  int created_ = 0;
  std::vector<std::string> ids_;
};

PROPERTY(Search, FindsWhatAComparisonWithEveryUserFinds, 30) {
  const auto shards = *rc::gen::inRange<std::uint32_t>(1, 4);
  ServiceFixture fixture(shards);
  SearchFixture search(fixture, shards);
  RandomDirectory directory(fixture);
  const int rounds = *rc::gen::inRange(1, 5);
  for (int round = 0; round < rounds; ++round) {
    // The index finds changes from before its start and from after it.
    const int before = *rc::gen::inRange(0, 12);
    for (int i = 0; i < before; ++i) directory.Change();
    if (OneIn(4)) std::filesystem::remove_all(search.directory());
    search.Start();
    const int after = *rc::gen::inRange(0, 12);
    for (int i = 0; i < after; ++i) directory.Change();
    RC_ASSERT(search.WaitUntilCurrent());
    const int queries = *rc::gen::inRange(1, 8);
    for (int i = 0; i < queries; ++i) {
      const std::string text = AnyQuery(directory.ids());
      const auto limit = *rc::gen::inRange<std::size_t>(1, 4);
      RC_LOG() << text;
      RC_ASSERT(search.SearchAll(text, limit) == search.Compare(text));
    }
    search.Stop();
    if (OneIn(3)) fixture.Restart();
  }
}

}  // namespace
}  // namespace users::testing
