// `usersd check` on the ends of the change feed: its begin, the checkpoints and the newest record. A
// store has each of these only once.
#include <gtest/gtest.h>

#include "integrity/checked_store.h"
#include "integrity/tampering.h"
#include "service/user_records.h"
#include "storage/local/encoding.h"

namespace users::testing {
namespace {

using storage::local::EncodePosition;

constexpr std::size_t kItems = 400;
const std::string kCheckpoint = "checkpoint/log";
const std::string kBegin = "feed/begin";
const std::string kIdentity = "feed/identity";

class FeedEnds : public ::testing::Test {
 protected:
  // The result of a check after `tamper`.
  Checked After(const std::function<void(RawStore&)>& tamper) const {
    const StoreCopy copy(data_);
    {
      RawStore store(copy.path());
      tamper(store);
    }
    return Check(copy.path());
  }

  std::string PlaceAfter(const std::function<void(RawStore&)>& tamper) const {
    const Checked checked = After(tamper);
    return checked.findings.empty() ? "" : checked.findings[0].place;
  }

  void MoveCheckpoint(RawStore& store, std::uint64_t position) const {
    store.Put(RawStore::kMeta, kCheckpoint, EncodePosition(position));
  }

  void MoveBegin(RawStore& store, std::uint64_t position) const {
    store.Put(RawStore::kMeta, kBegin, EncodePosition(position));
  }

  static void DropNewest(RawStore& store, std::uint64_t records) {
    const auto all = store.All(RawStore::kFeed);
    for (std::size_t i = all.size() - records; i < all.size(); ++i) {
      store.Delete(RawStore::kFeed, all[i].first);
    }
  }

  std::uint64_t last() const { return sample_.entries(); }
  std::uint64_t delivered() const { return sample_.delivered(); }

 private:
  TemporaryDirectory directory_;
  const std::string data_ = directory_ / "data";

 protected:
  const SampleStore sample_{data_, kItems};
};

TEST_F(FeedEnds, AreSoundBeforeTampering) {
  EXPECT_EQ(After([](RawStore&) {}).text(), "");
}

TEST_F(FeedEnds, AreFaultyIfBeginGoesBack) {
  EXPECT_EQ(PlaceAfter([&](RawStore& store) { MoveBegin(store, delivered() - 1); }),
            FeedPlace(delivered()));
}

TEST_F(FeedEnds, AreFaultyIfBeginGoesAhead) {
  EXPECT_EQ(PlaceAfter([&](RawStore& store) { MoveBegin(store, delivered() + 1); }),
            FeedPlace(delivered() + 1));
}

// A store of an earlier version has none: its feed begins after its least checkpoint.
TEST_F(FeedEnds, AreSoundIfBeginIsMissingAndTheCheckpointIsThere) {
  EXPECT_EQ(After([](RawStore& store) { store.Delete(RawStore::kMeta, kBegin); }).text(), "");
  EXPECT_EQ(PlaceAfter([](RawStore& store) {
              store.Delete(RawStore::kMeta, kBegin);
              store.Delete(RawStore::kMeta, kCheckpoint);
            }),
            FeedPlace(1));
}

TEST_F(FeedEnds, AreFaultyIfBeginOrIdentityIsTruncated) {
  for (const std::string bytes : {"", "1234567", "123456789"}) {
    for (const std::string& key : {kBegin, kIdentity}) {
      EXPECT_EQ(PlaceAfter([&](RawStore& store) { store.Put(RawStore::kMeta, key, bytes); }),
                "store")
          << key;
    }
  }
}

TEST_F(FeedEnds, AreFaultyIfCheckpointIsBeyondTheNewestRecord) {
  const Checked checked = After([&](RawStore& store) { MoveCheckpoint(store, last() + 5); });
  EXPECT_TRUE(checked.Names("change feed")) << checked.text();
}

TEST_F(FeedEnds, AreFaultyIfCheckpointIsTruncated) {
  for (const std::string bytes : {"", "1234567", "123456789"}) {
    EXPECT_EQ(PlaceAfter([&](RawStore& store) { store.Put(RawStore::kMeta, kCheckpoint, bytes); }),
              "checkpoint log");
  }
}

TEST_F(FeedEnds, AreFaultyIfCheckpointHasUnknownConsumer) {
  EXPECT_EQ(PlaceAfter([&](RawStore& store) {
              store.Put(RawStore::kMeta, "checkpoint/unknown", EncodePosition(delivered()));
            }),
            "checkpoint unknown");
  EXPECT_EQ(PlaceAfter([](RawStore& store) { store.Put(RawStore::kMeta, "note", "x"); }),
            "checkpoint note");
}

TEST_F(FeedEnds, AreFaultyIfNewestRecordsAreMissing) {
  for (const std::uint64_t records : {1, 3}) {
    const Checked checked = After([=](RawStore& store) { DropNewest(store, records); });
    EXPECT_TRUE(checked.Names("change feed")) << checked.text();
  }
}

TEST_F(FeedEnds, AreFaultyIfAllRecordsAreMissing) {
  const Checked checked = After([&](RawStore& store) { DropNewest(store, last() - delivered()); });
  EXPECT_TRUE(checked.Names("change feed")) << checked.text();
}

TEST_F(FeedEnds, AreFaultyIfRecordFollowsTheNewest) {
  const Checked checked = After([&](RawStore& store) {
    store.Put(RawStore::kFeed, EncodePosition(last() + 1),
              store.All(RawStore::kFeed).back().second);
  });
  EXPECT_TRUE(checked.Names(FeedPlace(last() + 1))) << checked.text();
}

// The feed lacks a user's first change, and it begins before it. Each record is consistent
// with its neighbours.
TEST_F(FeedEnds, AreFaultyIfFirstChangeOfAUserIsMissing) {
  const Checked checked = After([&](RawStore& store) {
    std::vector<storage::Key> recorded;
    for (const Life life : {Life::kChanged, Life::kActive, Life::kDeleted, Life::kFresh}) {
      for (const SampleUser& user : sample_.users(life)) {
        for (std::uint64_t version = 1; version <= user.records.size(); ++version) {
          recorded.push_back(service::AuditKey(user.id, version));
        }
      }
    }
    for (const auto& record : store.All(RawStore::kFeed)) {
      store.Delete(RawStore::kFeed, record.first);
    }
    store.Delete(RawStore::kMeta, kCheckpoint);
    MoveBegin(store, 0);
    std::uint64_t position = 0;
    for (std::size_t i = 1; i < recorded.size(); ++i) {
      store.Put(RawStore::kFeed, EncodePosition(++position),
                storage::local::EncodeKey(recorded[i].partition, recorded[i].sort));
    }
    // Keeps the number of records equal to the number of entries.
    store.Put(RawStore::kFeed, EncodePosition(++position),
              storage::local::EncodeKey(recorded.back().partition, recorded.back().sort));
  });
  EXPECT_TRUE(checked.Names(FeedPlace(1))) << checked.text();
}

}  // namespace
}  // namespace users::testing
