// `usersd check` on a store of 100,000 items. It must find nothing in a sound store, and name every
// item that was changed, dropped, inserted, reordered or truncated. USERS_CHECK_ITEMS sets another
// number of items.
#include "integrity/tampering.h"

#include <gtest/gtest.h>

#include "integrity/checked_store.h"
#include "service/integrity.h"
#include "service/user_records.h"

namespace users::testing {
namespace {

using domain::HandleKind;
using service::PlaceOf;

class LargeStore : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new TemporaryDirectory();
    sample_ = new SampleStore(data(), ItemsOfLargeStore());
  }
  static void TearDownTestSuite() {
    delete sample_;
    delete directory_;
  }

  static std::string data() { return *directory_ / "data"; }
  static const SampleStore& sample() { return *sample_; }

 private:
  static inline TemporaryDirectory* directory_ = nullptr;
  static inline SampleStore* sample_ = nullptr;
};

// Each finding caused by the tampering must contain at least one of these texts.
std::vector<std::string> NamesOf(const Victims& victims, const Expected& expected) {
  std::vector<std::string> names = expected.places;
  for (const SampleUser* user : {&victims.user, &victims.other, &victims.deleted}) {
    names.push_back(user->id);
    names.push_back(UnusedId(user->id));
    names.push_back(PlaceOf(service::HandleKey(HandleKind::kEmail, user->email)));
    names.push_back(PlaceOf(service::HandleKey(HandleKind::kExternalId, user->external_id)));
    names.push_back(PlaceOf(service::HandleKey(HandleKind::kUserName, user->user_name)));
    for (const auto& key : user->records) names.push_back(PlaceOf(key));
  }
  return names;
}

TEST_F(LargeStore, IsSound) {
  const Checked checked = Check(data());
  EXPECT_EQ(checked.error, std::nullopt);
  EXPECT_EQ(checked.text(), "");
  EXPECT_EQ(checked.summary.findings, 0U);
  EXPECT_EQ(checked.summary.entries, sample().entries());
  std::size_t users = 0;
  for (const Life life : {Life::kChanged, Life::kActive, Life::kDeleted, Life::kFresh}) {
    users += sample().users(life).size();
  }
  EXPECT_EQ(checked.summary.users, users);
  EXPECT_GT(checked.summary.items, ItemsOfLargeStore() * 99 / 100);
}

// Applies all tamperings at once, each with its own victims, so that one check is enough.
TEST_F(LargeStore, ReportsExactlyItsTamperings) {
  const StoreCopy copy(data());
  Tamperings tamperings;
  AddProfileTamperings(tamperings);
  AddAuditTamperings(tamperings);
  AddIndexTamperings(tamperings);
  AddRecordTamperings(tamperings);
  const std::size_t on_items = tamperings.size();
  AddFeedTamperings(tamperings);

  const auto& changed = sample().users(Life::kChanged);
  const auto& deleted = sample().users(Life::kDeleted);
  ASSERT_GT(changed.size(), 2 * tamperings.size()) << "the store is too small";
  std::vector<Expected> expected;
  std::vector<std::vector<std::string>> names;
  {
    RawStore store(copy.path());
    for (std::size_t i = 0; i < tamperings.size(); ++i) {
      SCOPED_TRACE(tamperings[i].name);
      // The changes of the last users are undelivered.
      const std::size_t at = i < on_items ? 2 * i : changed.size() - 2 * (i - on_items) - 2;
      const Victims victims{changed[at], changed[at + 1], deleted[i]};
      expected.push_back(tamperings[i].make(store, victims));
      names.push_back(NamesOf(victims, expected.back()));
    }
  }

  const Checked checked = Check(copy.path());
  EXPECT_EQ(checked.error, std::nullopt);
  int entries = 0;
  for (std::size_t i = 0; i < tamperings.size(); ++i) {
    entries += expected[i].entries;
    for (const std::string& place : expected[i].places) {
      EXPECT_TRUE(checked.Names(place)) << tamperings[i].name << ": nothing at " << place;
    }
  }
  const std::string count =
      "has recorded " + std::to_string(sample().entries()) + " audit entries, and there are " +
      std::to_string(sample().entries() + static_cast<std::uint64_t>(entries));
  for (const auto& finding : checked.findings) {
    const std::string line = finding.place + ": " + finding.what;
    bool explained = finding.place == "change feed" && finding.what == count;
    for (const auto& of_one : names) {
      for (const std::string& name : of_one) explained |= line.find(name) != std::string::npos;
    }
    EXPECT_TRUE(explained) << line;
  }
}

// As the contract states, only an anchor that is kept elsewhere reveals this.
TEST(SmallStore, CannotDetectFullyRecomputedChain) {
  const TemporaryDirectory directory;
  const SampleStore sample(directory / "data", 100);
  const SampleUser& user = sample.users(Life::kChanged).front();
  {
    RawStore store(directory / "data");
    EditEntry(store, user.id, 2,
              [](domain::AuditEntry& entry) { entry.actor = "arn:aws:iam::123456789012:user/x"; });
    const Sha256Digest head = Reseal(store, user.id, 2, 5);
    store.Edit(service::ProfileKey(user.id), [&](const storage::Item& profile) {
      return With(profile, "headHash", AsText(head));
    });
  }
  EXPECT_EQ(Check(directory / "data").text(), "");
}

}  // namespace
}  // namespace users::testing
