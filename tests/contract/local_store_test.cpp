// The guarantees of the embedded store beyond the port: durability across restarts, one process at
// a time, its format, the change feed, the greatest partition, and a limit on waiting transactions.
#include "storage/local/local_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <map>

#include "base/files.h"
#include "storage/local/anchor_file.h"
#include "support/items.h"
#include "support/memory_sink.h"
#include "support/run_task.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

using storage::Condition;
using storage::FeedRecord;
using storage::Item;
using storage::Key;
using storage::Table;
using storage::Transaction;
using storage::WriteOp;
using storage::local::LocalStore;
using storage::local::LocalStoreOptions;

class LocalStoreTest : public ::testing::Test {
 protected:
  LocalStoreTest() : log_(sink_, clock_, LogLevel::kInfo) {
    options_.directory = directory_ / "data";
    options_.feed_partition_prefix = "AUDIT#";
    options_.ttl_attribute = "ttl";
  }

  Result<std::unique_ptr<LocalStore>> TryOpen() { return LocalStore::Open(options_, clock_, log_); }

  void Reopen() {
    store_.reset();
    auto opened = TryOpen();
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    store_ = std::move(*opened);
  }

  bool Write(Transaction transaction) {
    auto result = RunTask(store_->TransactWrite(std::move(transaction), DeadlineIn(kPatience)));
    return result.ok() && result->committed;
  }

  std::optional<Item> Get(const Key& key) {
    auto result = RunTask(store_->Get({key}, DeadlineIn(kPatience)));
    EXPECT_TRUE(result.ok());
    return result->front();
  }

  static constexpr std::chrono::seconds kPatience{60};
  TemporaryDirectory directory_;
  SystemClock clock_;
  MemorySink sink_;
  Log log_;
  LocalStoreOptions options_;
  std::unique_ptr<LocalStore> store_;
};

TEST_F(LocalStoreTest, KeepsWritesAcrossARestart) {
  Reopen();
  ASSERT_TRUE(Write({WriteOp::Put(Key(Table::kUsers, "P", "S"), Numbered(1)),
                     WriteOp::Put(Key(Table::kIdempotency, "I"), Numbered(2))}));
  Reopen();
  EXPECT_EQ(Get(Key(Table::kUsers, "P", "S"))->FindNumber("n"), 1);
  EXPECT_EQ(Get(Key(Table::kIdempotency, "I"))->FindNumber("n"), 2);
}

TEST_F(LocalStoreTest, RejectsASecondProcess) {
  Reopen();
  const auto second = TryOpen();
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find("in use by another process"), std::string::npos)
      << second.error().message;
}

TEST_F(LocalStoreTest, RejectsWritesIfOpenForReading) {
  Reopen();
  const Key key(Table::kUsers, "P", "S");
  ASSERT_TRUE(Write({WriteOp::Put(key, Numbered(1))}));
  store_.reset();
  auto opened = LocalStore::OpenForReading(options_, clock_, log_);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
  store_ = std::move(*opened);
  EXPECT_EQ(Get(key)->FindNumber("n"), 1);
  EXPECT_EQ(store_->damage(), std::nullopt);
  EXPECT_FALSE(Write({WriteOp::Put(key, Numbered(2))}));
  EXPECT_FALSE(store_->SaveCheckpoint("log", 1).ok());
  EXPECT_FALSE(store_->LinkFilesTo(directory_ / "links").ok());
  EXPECT_EQ(Get(key)->FindNumber("n"), 1);
}

TEST_F(LocalStoreTest, CannotBeOpenForReadingAndWriting) {
  Reopen();
  const auto reader = LocalStore::OpenForReading(options_, clock_, log_);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(reader.error().message, ::testing::HasSubstr("in use by another process"));
  EXPECT_FALSE(TryOpen().ok()) << "looking has released the lock of the store that is open";
  store_.reset();
  auto first = LocalStore::OpenForReading(options_, clock_, log_);
  auto second = LocalStore::OpenForReading(options_, clock_, log_);
  ASSERT_TRUE(first.ok() && second.ok());
  const auto writer = TryOpen();
  ASSERT_FALSE(writer.ok());
  EXPECT_THAT(writer.error().message, ::testing::HasSubstr("in use by another process"));
  first->reset();
  second->reset();
  EXPECT_TRUE(TryOpen().ok());
}

TEST_F(LocalStoreTest, RejectsANewerFormatAndTouchesNoFile) {
  Reopen();
  store_.reset();
  std::ofstream(options_.directory + "/FORMAT") << "usersd-store 4\n";
  const auto opened = TryOpen();
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("newer usersd"), std::string::npos);
  EXPECT_EQ(*ReadFile(options_.directory + "/FORMAT"), "usersd-store 4\n");
}

TEST_F(LocalStoreTest, RejectsAForeignFormatFile) {
  for (const char* content : {"", "PG_VERSION 15\n", "usersd-store x\n", "usersd-store -1\n"}) {
    store_.reset();
    std::filesystem::create_directories(options_.directory);
    std::ofstream(options_.directory + "/FORMAT") << content;
    EXPECT_FALSE(TryOpen().ok()) << content;
  }
}

TEST_F(LocalStoreTest, RejectsADirectoryThatCannotBeCreated) {
  std::ofstream(directory_ / "file") << "x";
  options_.directory = directory_ / "file";
  EXPECT_FALSE(TryOpen().ok());
  options_.directory = directory_ / "file/below";
  EXPECT_FALSE(TryOpen().ok());
}

TEST_F(LocalStoreTest, FeedRecordsAuditPutsInCommitOrder) {
  Reopen();
  for (int i = 1; i <= 5; ++i) {
    ASSERT_TRUE(
        Write({WriteOp::Put(Key(Table::kUsers, "USER#1", "PROFILE"), Numbered(i)),
               WriteOp::Put(Key(Table::kUsers, "AUDIT#1", std::to_string(i)), Numbered(i))}));
  }
  ASSERT_TRUE(Write({WriteOp::Delete(Key(Table::kUsers, "AUDIT#2", "1"))}));
  const auto records = store_->Read(0, 100);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ((*records)[i].partition, "AUDIT#1");
    EXPECT_EQ((*records)[i].sort, std::to_string(i + 1));
    EXPECT_EQ((*records)[i].item.FindNumber("n"), static_cast<std::int64_t>(i + 1));
    if (i > 0) {
      EXPECT_GT((*records)[i].position, (*records)[i - 1].position);
    }
  }
  const auto rest = store_->Read((*records)[2].position, 100);
  EXPECT_EQ(rest->size(), 2U);
  EXPECT_EQ(store_->Read(0, 2)->size(), 2U);
}

TEST_F(LocalStoreTest, KeepsFailedTransactionsOutOfTheFeed) {
  Reopen();
  ASSERT_TRUE(Write({WriteOp::Put(Key(Table::kUsers, "P", "S"), Numbered(1))}));
  ASSERT_FALSE(Write({WriteOp::Put(Key(Table::kUsers, "P", "S"), Numbered(2), Condition::Absent()),
                      WriteOp::Put(Key(Table::kUsers, "AUDIT#1", "1"), Numbered(1))}));
  EXPECT_TRUE(store_->Read(0, 100)->empty());
}

TEST_F(LocalStoreTest, KeepsCheckpointsAndRemovesConsumedRecords) {
  Reopen();
  for (int i = 1; i <= 4; ++i) {
    ASSERT_TRUE(
        Write({WriteOp::Put(Key(Table::kUsers, "AUDIT#1", std::to_string(i)), Numbered(i))}));
  }
  const auto all = *store_->Read(0, 100);
  ASSERT_TRUE(store_->SaveCheckpoint("slow", all[0].position).ok());
  ASSERT_TRUE(store_->SaveCheckpoint("quick", all[2].position).ok());
  EXPECT_EQ(store_->Read(0, 100)->size(), 3U) << "the slow consumer still needs three";
  Reopen();
  EXPECT_EQ(*store_->Checkpoint("quick"), all[2].position);
  EXPECT_EQ(*store_->Checkpoint("slow"), all[0].position);
  EXPECT_EQ(*store_->Checkpoint("new"), 0U);
  ASSERT_TRUE(store_->SaveCheckpoint("slow", all[3].position).ok());
  ASSERT_TRUE(store_->SaveCheckpoint("quick", all[3].position).ok());
  EXPECT_TRUE(store_->Read(0, 100)->empty());
}

TEST_F(LocalStoreTest, NeverReusesPositions) {
  Reopen();
  ASSERT_TRUE(Write({WriteOp::Put(Key(Table::kUsers, "AUDIT#1", "1"), Numbered(1))}));
  const std::uint64_t first = (*store_->Read(0, 1))[0].position;
  ASSERT_TRUE(store_->SaveCheckpoint("log", first).ok());
  ASSERT_TRUE(store_->Read(0, 1)->empty());
  Reopen();
  ASSERT_TRUE(Write({WriteOp::Put(Key(Table::kUsers, "AUDIT#1", "2"), Numbered(2))}));
  const auto records = store_->Read(first, 10);
  ASSERT_EQ(records->size(), 1U) << "a consumer at its checkpoint must see the new record";
  EXPECT_GT((*records)[0].position, first);
}

TEST_F(LocalStoreTest, WaitEndsAtANewRecordOrAnInterrupt) {
  Reopen();
  std::thread writer(
      [&] { Write({WriteOp::Put(Key(Table::kUsers, "AUDIT#1", "1"), Numbered(1))}); });
  store_->Wait(0, std::chrono::seconds(60));
  writer.join();
  EXPECT_EQ(store_->Read(0, 10)->size(), 1U);
  store_->Interrupt();
  store_->Wait(1000, std::chrono::seconds(60));
}

TEST_F(LocalStoreTest, FindsTheGreatestPartitionOfItsKindOnly) {
  Reopen();
  EXPECT_FALSE(store_->GreatestPartition("USER#", 7)->has_value());
  ASSERT_TRUE(Write({WriteOp::Put(Key(Table::kUsers, "USER#01", "PROFILE"), Numbered(1)),
                     WriteOp::Put(Key(Table::kUsers, "USER#07", "PROFILE"), Numbered(1)),
                     WriteOp::Put(Key(Table::kUsers, "USER#999", "PROFILE"), Numbered(1)),
                     WriteOp::Put(Key(Table::kUsers, "ZZZZ#99", "PROFILE"), Numbered(1)),
                     WriteOp::Put(Key(Table::kUsers, "USES", "x"), Numbered(1))}));
  EXPECT_EQ(*store_->GreatestPartition("USER#", 7), "USER#07");
}

TEST_F(LocalStoreTest, RejectsTransactionsBeyondTheQueueLimit) {
  options_.max_waiting_transactions = 0;
  Reopen();
  Transaction transaction;
  transaction.push_back(WriteOp::Put(Key(Table::kUsers, "P", "S"), Numbered(1)));
  const auto result = RunTask(store_->TransactWrite(transaction, DeadlineIn(kPatience)));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

TEST_F(LocalStoreTest, WritesNothingAfterTheDeadline) {
  Reopen();
  const Key key(Table::kUsers, "P", "S");
  Transaction transaction;
  transaction.push_back(WriteOp::Put(key, Numbered(1)));
  const auto result =
      RunTask(store_->TransactWrite(transaction, DeadlineIn(std::chrono::milliseconds(-1))));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Get(key), std::nullopt);
}

TEST_F(LocalStoreTest, ManyWritersShareSyncedWrites) {
  Reopen();
  RunTogether(64, 4, [&](int writer) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      Transaction transaction;
      transaction.push_back(WriteOp::Put(
          Key(Table::kUsers, "P" + std::to_string(writer), std::to_string(i)), Numbered(i)));
      auto result = co_await store_->TransactWrite(std::move(transaction), DeadlineIn(kPatience));
      EXPECT_TRUE(result.ok() && result->committed);
    }
  });
  EXPECT_EQ(store_->statistics().transactions, 320U);
  EXPECT_LT(store_->statistics().batches, 320U);
}

TEST(AnchorTest, ReadsBackOnlyWhatWasWritten) {
  storage::local::Anchor anchor;
  anchor.generation = 7;
  anchor.sequence = 1ULL << 40;
  anchor.position = 12;
  anchor.newest_key = "AUDIT#1";
  anchor.newest_digest = Sha256("item");
  anchor.manifest_number = 5;
  anchor.manifest_bytes = 6;
  anchor.wal_number = 8;
  const std::string slot = storage::local::EncodeAnchor(anchor);
  EXPECT_LE(slot.size(), 512U);
  const auto read = storage::local::DecodeAnchor(slot);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(storage::local::EncodeAnchor(*read), slot);
  for (std::size_t at = 0; at < slot.size(); ++at) {
    std::string changed = slot;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(storage::local::DecodeAnchor(changed).has_value()) << at;
    EXPECT_FALSE(storage::local::DecodeAnchor(slot.substr(0, at)).has_value()) << at;
  }
}

// After a power cut at any time, one slot contains a synced anchor. No write touches the slot that
// was synced last until another slot is synced.
TEST(AnchorFile, NeverOverwritesTheDurableSlot) {
  const TemporaryDirectory directory;
  const std::string path = directory / "ANCHOR";
  storage::local::AnchorFile file(*rocksdb::Env::Default(), directory.path());
  ASSERT_TRUE(file.Restart(storage::local::Anchor()).ok());
  const auto newest = [&] { return storage::local::NewestAnchor(*ReadFile(path)); };
  const auto generation_of = [&](std::size_t slot) {
    const std::string content = *ReadFile(path);
    return storage::local::DecodeAnchor(content.substr(slot * storage::local::kAnchorSlotBytes,
                                                       storage::local::kAnchorSlotBytes))
        ->generation;
  };
  // The first write is synced at once. Writes within the following second are not.
  ASSERT_TRUE(file.Write(1, 1, "", Sha256Digest()).ok());
  const auto syncs_begun = DeadlineIn(std::chrono::seconds(30));
  while (file.syncs() == 0 && !HasPassed(syncs_begun)) std::this_thread::yield();
  ASSERT_GE(file.syncs(), 1U);
  const std::size_t durable = file.durable_slot();
  const std::uint64_t generation = generation_of(durable);
  for (std::uint64_t i = 2; i < 50; ++i) {
    ASSERT_TRUE(file.Write(i, i, "", Sha256Digest()).ok());
    ASSERT_TRUE(newest().has_value());
    EXPECT_EQ(newest()->anchor.sequence, i);
    if (file.durable_slot() == durable) {
      EXPECT_EQ(generation_of(durable), generation);
    }
  }
}

// For any writes in any order, the store behaves like a map with conditions, also across restarts.
RC_GTEST_FIXTURE_PROP(LocalStoreTest, AgreesWithAMapOverRandomTransactions, ()) {
  options_.directory = directory_ / ("data" + std::to_string(*rc::gen::arbitrary<std::uint32_t>()));
  Reopen();
  std::map<std::string, std::int64_t> model;
  const int steps = *rc::gen::inRange(1, 30);
  for (int step = 0; step < steps; ++step) {
    if (*rc::gen::inRange(0, 20) == 0) Reopen();
    std::vector<int> names;
    for (int name = 0; name < 6; ++name) {
      if (*rc::gen::inRange(0, 3) == 0) names.push_back(name);
    }
    if (names.empty()) continue;
    Transaction transaction;
    std::map<std::string, std::int64_t> after = model;
    bool holds = true;
    for (const int name : names) {
      const std::string partition = "P" + std::to_string(name);
      const Key key(Table::kUsers, partition, "S");
      const auto known = model.find(partition);
      const auto value = *rc::gen::inRange<std::int64_t>(0, 4);
      Condition condition = Condition::None();
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          condition = Condition::Absent();
          holds = holds && known == model.end();
          break;
        case 1:
          condition = Condition::NumberEquals("n", value);
          holds = holds && known != model.end() && known->second == value;
          break;
        case 2:
          condition = Condition::AbsentOrNumberAtMost("n", value);
          holds = holds && (known == model.end() || known->second <= value);
          break;
        default:
          break;
      }
      if (*rc::gen::inRange(0, 3) == 0) {
        transaction.push_back(WriteOp::Delete(key, condition));
        after.erase(partition);
      } else {
        const auto next = *rc::gen::inRange<std::int64_t>(0, 4);
        transaction.push_back(WriteOp::Put(key, Numbered(next), condition));
        after[partition] = next;
      }
    }
    RC_ASSERT(Write(std::move(transaction)) == holds);
    if (holds) model = std::move(after);
  }
  for (int name = 0; name < 6; ++name) {
    const std::string partition = "P" + std::to_string(name);
    const auto item = Get(Key(Table::kUsers, partition, "S"));
    const auto known = model.find(partition);
    RC_ASSERT(item.has_value() == (known != model.end()));
    if (item) RC_ASSERT(*item->FindNumber("n") == known->second);
  }
}

}  // namespace
}  // namespace users::testing
