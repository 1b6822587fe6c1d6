#include "search/local/index_database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "property/property.h"
#include "support/memory_sink.h"
#include "support/temporary_directory.h"

namespace users::search::local {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Ulid UserNumber(int number) {
  Ulid user;
  user.bytes[14] = static_cast<std::uint8_t>(number >> 8);
  user.bytes[15] = static_cast<std::uint8_t>(number & 0xFF);
  return user;
}

// An index in a directory of its own.
class IndexFixture {
 public:
  IndexFixture() { Open(); }

  void Open() {
    database_.reset();
    IndexDatabaseOptions options;
    options.directory = directory_ / "search";
    database_ = std::move(*IndexDatabase::Open(options, log_));
  }
  IndexDatabase& database() { return *database_; }

  void Update(const std::vector<UserTerms>& users) {
    ++state_.position;
    ASSERT_TRUE(database_->Update(users, state_).ok());
  }

  std::size_t Files() const {
    const std::filesystem::directory_iterator files(directory_ / "search");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  // Walks through all pages.
  std::vector<Ulid> FindAll(const std::vector<std::string>& words, std::size_t limit) {
    std::vector<Ulid> found;
    std::optional<Ulid> after;
    do {
      const auto part = database_->Find(words, after, limit);
      EXPECT_TRUE(part.ok());
      EXPECT_LE(part->ids.size(), limit);
      found.insert(found.end(), part->ids.begin(), part->ids.end());
      after = part->examined;
    } while (after);
    return found;
  }

 private:
  users::testing::TemporaryDirectory directory_;
  users::testing::MemorySink sink_;
  const SystemClock clock_;
  const Log log_{sink_, clock_, LogLevel::kWarning};
  IndexState state_;
  std::unique_ptr<IndexDatabase> database_;
};

TEST(IndexDatabase, HasNoStateAtFirst) {
  IndexFixture index;
  EXPECT_EQ(index.database().state(), std::nullopt);
  EXPECT_THAT(index.FindAll({"a"}, 10), IsEmpty());
}

TEST(IndexDatabase, FindsUsersThatHaveEveryWord) {
  IndexFixture index;
  index.Update({{UserNumber(1), {"ada", "lovelace"}}, {UserNumber(2), {"ada", "byron"}}});
  EXPECT_THAT(index.FindAll({"ad"}, 10), ElementsAre(UserNumber(1), UserNumber(2)));
  EXPECT_THAT(index.FindAll({"ad", "love"}, 10), ElementsAre(UserNumber(1)));
  EXPECT_THAT(index.FindAll({"ad", "z"}, 10), IsEmpty());
}

TEST(IndexDatabase, ReplacesTheTermsOfAUser) {
  IndexFixture index;
  index.Update({{UserNumber(1), {"ada", "lovelace"}}});
  index.Update({{UserNumber(1), {"ada", "lovett"}}});
  EXPECT_THAT(index.FindAll({"lovel"}, 10), IsEmpty());
  EXPECT_THAT(index.FindAll({"lovet"}, 10), ElementsAre(UserNumber(1)));
  index.Update({{UserNumber(1), {}}});
  EXPECT_THAT(index.FindAll({"a"}, 10), IsEmpty());
}

TEST(IndexDatabase, KeepsItsContentWhenItIsClosed) {
  IndexFixture index;
  index.Update({{UserNumber(1), {"ada"}}});
  index.Open();
  ASSERT_TRUE(index.database().state());
  EXPECT_EQ(index.database().state()->position, 1U);
  EXPECT_THAT(index.FindAll({"ada"}, 10), ElementsAre(UserNumber(1)));
}

TEST(IndexDatabase, LeavesNoFilesBehindWhenItIsOpenedOften) {
  IndexFixture index;
  index.Open();
  const std::size_t files = index.Files();
  for (int i = 0; i < 5; ++i) index.Open();
  EXPECT_EQ(index.Files(), files);
}

TEST(IndexDatabase, EndsAfterABoundedNumberOfSteps) {
  IndexFixture index;
  std::vector<UserTerms> users;
  // No user has both words, and the lists alternate.
  for (int i = 0; i < 30'000; ++i) {
    users.push_back({UserNumber(i), {i % 2 == 0 ? "even" : "odd"}});
  }
  index.Update(users);
  const auto part = index.database().Find({"even", "odd"}, std::nullopt, 10);
  ASSERT_TRUE(part.ok());
  EXPECT_THAT(part->ids, IsEmpty());
  ASSERT_TRUE(part->examined);
  EXPECT_GT(*part->examined, UserNumber(1000));
  EXPECT_LT(*part->examined, UserNumber(29'000));
  EXPECT_THAT(index.FindAll({"even", "odd"}, 10), IsEmpty());
}

TEST(IndexDatabase, AcceptsEveryPosition) {
  IndexFixture index;
  Ulid greatest;
  greatest.bytes.fill(0xFF);
  index.Update({{Ulid(), {"a"}}, {UserNumber(1), {"a"}}});
  EXPECT_THAT(index.FindAll({"a"}, 1), ElementsAre(Ulid(), UserNumber(1)));
  const auto part = index.database().Find({"a"}, greatest, 10);
  ASSERT_TRUE(part.ok());
  EXPECT_THAT(part->ids, IsEmpty());
  EXPECT_EQ(part->examined, std::nullopt);
}

std::string AnyWord() {
  return *rc::gen::map(
      rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("a", "b", "ø")),
      [](const std::vector<std::string>& letters) {
        std::string word = "a";
        for (std::size_t i = 0; i < letters.size() && i < 9; ++i) {
          word += letters[i];
        }
        return word;
      });
}

Terms AnyTerms() {
  Terms terms;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) terms.push_back(AnyWord());
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

// After any updates, a search finds what a comparison with every user finds, in order, whatever the
// size of the pages.
PROPERTY(IndexDatabase, FindsTheUsersOfAModel, 30) {
  IndexFixture index;
  std::map<Ulid, Terms> model;
  const int updates = *rc::gen::inRange(1, 30);
  for (int i = 0; i < updates; ++i) {
    if (*rc::gen::inRange(0, 10) == 0) index.Open();
    const Ulid user = UserNumber(*rc::gen::inRange(0, 300));
    model[user] = AnyTerms();
    index.Update({{user, model[user]}});
  }
  const int searches = *rc::gen::inRange(1, 10);
  for (int i = 0; i < searches; ++i) {
    std::vector<std::string> words;
    const int count = *rc::gen::inRange(1, 4);
    for (int k = 0; k < count; ++k) words.push_back(AnyWord());
    std::vector<Ulid> expected;
    for (const auto& [user, terms] : model) {
      if (Matches(words, terms)) expected.push_back(user);
    }
    RC_ASSERT(index.FindAll(words, *rc::gen::inRange<std::size_t>(1, 5)) == expected);
  }
}

}  // namespace
}  // namespace users::search::local
