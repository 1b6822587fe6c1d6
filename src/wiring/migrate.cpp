#include "wiring/migrate.h"

#include <unistd.h>

#include "aws/environment.h"
#include "base/async/run_task.h"
#include "base/clock.h"
#include "base/log.h"
#include "storage/dynamodb/dynamodb_store.h"

namespace users::wiring {
namespace {

// Enough to hide the time of a call, and few enough that a small table is not throttled for long.
constexpr std::size_t kConcurrency = 16;

}  // namespace

Result<service::UpgradeProgress, ProgramError> Migrate(const ServeOptions& options,
                                                       service::ItemUpgrade::ShowProgress show) {
  const SystemClock clock;
  const std::unique_ptr<LogSink> sink = MakeFileDescriptorSink(STDERR_FILENO);
  const Log log(*sink, clock, LogLevel::kWarning);
  storage::dynamodb::DynamoDbStoreOptions store_options;
  store_options.tables.users = options.dynamodb.users_table;
  store_options.endpoint = options.dynamodb.endpoint;
  auto store =
      storage::dynamodb::DynamoDbStore::Open(store_options, aws::ProcessEnvironment(), clock, log);
  if (!store.ok()) return AtOption("--store", "dynamodb", store.error());
  service::ItemUpgrade upgrade(**store, **store, kConcurrency);
  auto totals = RunTask(upgrade.Run(std::move(show)));
  if (totals.ok()) return *totals;
  return ProgramError::CannotRun("--users-table " + options.dynamodb.users_table + ": " +
                                 totals.error().message + " Run the command again to continue.");
}

}  // namespace users::wiring
