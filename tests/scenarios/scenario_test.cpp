// Every scenario in process (front door, operations and store without sockets) and over HTTP (the
// real program). Both use one table, because they must respond alike.
#include "scenarios/scenario.h"

#include <gtest/gtest.h>

#include "scenarios/in_process.h"
#include "scenarios/over_http.h"
#include "search/local/local_index.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/local/local_store.h"
#include "support/temporary_directory.h"

namespace users::testing {
namespace {

class LocalHolder final : public HeldStore {
 public:
  LocalHolder(const Clock& clock, const Log& log) {
    storage::local::LocalStoreOptions options;
    options.directory = directory_ / "data";
    options.feed_partition_prefix = service::kFeedPartitionPrefix;
    options.ttl_attribute = service::kTtlAttribute;
    store_ = std::move(*storage::local::LocalStore::Open(options, clock, log));
    search::local::IndexDatabaseOptions index_options;
    index_options.directory = directory_ / "data/search";
    index_.emplace(*store_, *store_, /*list_shards=*/1, index_options, log);
    index_->Start(std::chrono::seconds(30));
  }
  storage::TableStore& store() override { return *store_; }
  search::UserIndex* index() override { return &*index_; }
  storage::FeedReader* feed() override { return &*store_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<storage::local::LocalStore> store_;
  std::optional<search::local::LocalIndex> index_;
};

class ScenarioTest : public ::testing::TestWithParam<Scenario> {};

TEST_P(ScenarioTest, InProcess) {
  InProcess target(
      [](const Clock& clock, const Log& log) { return std::make_unique<LocalHolder>(clock, log); },
      /*list_shards=*/1);
  RunScenario(GetParam(), target);
}

TEST_P(ScenarioTest, OverHttp) {
  const TemporaryDirectory directory;
  OverHttp target({"--data", directory / "data"});
  RunScenario(GetParam(), target);
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, ::testing::ValuesIn(LoadScenarios(Way::kEmbedded)),
                         [](const auto& tested) { return TestNameOf(tested.param); });

}  // namespace
}  // namespace users::testing
