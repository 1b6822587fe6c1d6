// When a check accepts stored responses of earlier versions, to which no audit entry commits.
#include <gtest/gtest.h>

#include "api/stored_response.h"
#include "base/clock.h"
#include "base/files.h"
#include "integrity/checked_store.h"
#include "integrity/tampering.h"
#include "maintenance/open_store.h"
#include "service/idempotency.h"
#include "service/integrity.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

constexpr std::size_t kVersion = 3;  // of the change whose record is replaced

class OldRecords : public ::testing::Test {
 protected:
  // Replaces the record by the one that an earlier version would have stored.
  void Replace(const std::function<void(service::IdempotencyRecord&)>& edit) {
    RawStore store(data_);
    auto record = service::DecodeRecord(*storage::Item::FromEncoded(store.Get(key_)));
    edit(*record);
    const service::StoredResponse& response = record->response;
    record->nonce = Sha256OfFields({key_.partition, AsText(record->request_hash),
                                    std::to_string(response.status), response.body,
                                    std::to_string(response.version), response.location,
                                    std::to_string(record->expires_at)});
    store.Put(key_, service::EncodeRecord(*record).encoded());
  }

  // The findings of a check in a store that this version took over at `at`.
  std::string FindingsIfTakenOver(std::optional<Timestamp> at) const {
    const SystemClock clock;
    MemorySink sink;
    const Log log(sink, clock, LogLevel::kError);
    const auto store = maintenance::OpenStoreForReading(data_, clock, log);
    if (!store.ok()) return store.error().message;
    service::IntegrityOptions options;
    options.commitments_since = at;
    service::IntegrityChecker checker(**store, api::MakeStoredResponseReader(), options);
    const auto visited = (*store)->ForEachItem(
        storage::Table::kIdempotency, [&](const storage::Key& key, const storage::Item* item) {
          EXPECT_TRUE(RunTask(checker.Check(key, *item)).ok());
        });
    EXPECT_TRUE(visited.ok());
    std::string text;
    for (const auto& finding : checker.TakeFindings()) text += finding.place + "\n";
    return text;
  }

  std::string place() const { return service::PlaceOf(key_) + "\n"; }

 private:
  TemporaryDirectory directory_;

 protected:
  const std::string data_ = directory_ / "data";
  const Timestamp begin_ = SystemClock().Now();
  const SampleStore sample_{data_, 100};
  const Timestamp end_ = SystemClock().Now() + std::chrono::milliseconds(1);
  const storage::Key key_ = sample_.users(Life::kChanged).front().records[kVersion - 1];
};

TEST_F(OldRecords, AreAcceptedForChangesBeforeTheTakeover) {
  EXPECT_EQ(FindingsIfTakenOver(end_), "");
  Replace([](service::IdempotencyRecord&) {});
  EXPECT_EQ(FindingsIfTakenOver(end_), "");
}

TEST_F(OldRecords, AreFindingsForLaterChanges) {
  Replace([](service::IdempotencyRecord&) {});
  EXPECT_EQ(FindingsIfTakenOver(begin_), place());
}

TEST_F(OldRecords, AreFindingsInAStoreThatThisVersionMade) {
  Replace([](service::IdempotencyRecord&) {});
  EXPECT_EQ(FindingsIfTakenOver(std::nullopt), place());
}

// This makes a record that is forged in this form useless after a day.
TEST_F(OldRecords, AreFindingsIfTheyOutliveTheDayAfterTheirChange) {
  Replace([](service::IdempotencyRecord& record) { record.expires_at += 3600; });
  EXPECT_EQ(FindingsIfTakenOver(end_), place());
}

// `usersd check` reads the time of the takeover from the file FORMAT.
TEST_F(OldRecords, AreAcceptedByTheTimeInTheFormatFile) {
  Replace([](service::IdempotencyRecord&) {});
  const auto findings_with = [&](const std::string& format) {
    EXPECT_TRUE(WriteFileAtomically(data_ + "/FORMAT", format, 0600).ok());
    return Check(data_).Names(service::PlaceOf(key_));
  };
  EXPECT_TRUE(findings_with("usersd-store 2\n"));
  EXPECT_TRUE(findings_with("usersd-store 2 since " + FormatTimestamp(begin_) + "\n"));
  EXPECT_FALSE(findings_with("usersd-store 2 since " + FormatTimestamp(end_) + "\n"));
  EXPECT_FALSE(findings_with("usersd-store 1\n"));
}

TEST_F(OldRecords, AreFindingsIfTheyDoNotMatchTheirChange) {
  Replace([](service::IdempotencyRecord& record) {
    record.response.body.replace(record.response.body.find("viewer"), 6, "editor");
  });
  EXPECT_EQ(FindingsIfTakenOver(end_), place());
}

}  // namespace
}  // namespace users::testing
