#include <rocksdb/db.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "api/operation.h"
#include "api/representation.h"
#include "base/files.h"
#include "domain/role_catalogue.h"
#include "maintenance/open_store.h"
#include "search/local/local_index.h"
#include "service/user_service.h"
#include "storage/local/damage.h"
#include "storage/local/engine.h"
#include "storage/local/local_store.h"
#include "support/people.h"
#include "support/principals.h"
#include "support/usage.h"

// Fills a data directory with users, through the service itself and at the speed of the store.
namespace users::bench {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::minutes kLongestSettling{3};
constexpr std::chrono::hours kLongestBuild{1};
constexpr std::string_view kRelayConsumer = "log";  // as wiring/local_backend.cpp names it

struct Options {
  std::string data;
  std::string users_file;
  std::uint64_t users = 1'000'000;
  std::uint64_t principals = 1000;
  std::size_t concurrency = 1024;
};

class StandardErrorSink final : public LogSink {
 public:
  void Write(std::string_view line, LineKind) override {
    std::fwrite(line.data(), 1, line.size(), stderr);
  }
};

// Registers people one after another. Many of its tasks run concurrently. Every second person gets
// a role, so that a read renders permissions, as in normal use.
class Loader {
 public:
  Loader(service::UserService& users, std::uint64_t count)
      : users_(users), count_(count), run_(RandomUlid(SystemClock()).ToString()) {}

  Task<void> LoadSome(std::vector<std::string>& ids) {
    while (true) {
      const std::uint64_t number = next_++;
      if (number >= count_ || failed_) co_return;
      service::WriteContext context =
          ContextOf(number, api::Operation::kUsersRegisterCreate, IdempotencyKeyAt(run_, number));
      std::string user_id;
      context.render = [&](const domain::User& user) {
        user_id = user.user_id;
        service::StoredResponse response;
        response.status = 201;
        response.body = api::UserJson(user, users_.roles());
        response.version = user.version;
        response.location = "/users/" + user.user_id;
        return response;
      };
      const auto registered = co_await users_.Register(std::move(context), PersonAt(run_, number));
      if (!registered.ok()) co_return Fail(registered.error());
      if (number % 2 == 0) {
        service::WriteContext role_context =
            ContextOf(number, api::Operation::kUsersRoleAssign, std::nullopt);
        role_context.render = api::RolesResponse;
        std::string role = number % 4 == 0 ? "viewer" : "editor";
        const auto assigned =
            co_await users_.AssignRole(std::move(role_context), user_id, std::move(role));
        if (!assigned.ok()) co_return Fail(assigned.error());
      }
      ids.push_back(std::move(user_id));
      if (number % 100'000 == 99'999) {
        std::fprintf(stderr, "%llu users\n", static_cast<unsigned long long>(number + 1));
      }
    }
  }

  bool failed() const { return failed_; }

 private:
  service::WriteContext ContextOf(std::uint64_t number, api::Operation operation,
                                  std::optional<std::string> key) const {
    const std::uint64_t principal = number % 1000;
    service::WriteContext context;
    context.call.caller.arn = PrincipalArn(principal);
    context.call.caller.access_key_id = CredentialsOf(principal).access_key_id;
    context.call.correlation_id = run_ + "-" + std::to_string(number);
    context.call.deadline = DeadlineIn(kPatience);
    context.operation = NameOf(operation);
    context.idempotency_key = std::move(key);
    return context;
  }

  void Fail(const Error& error) {
    failed_ = true;
    std::fprintf(stderr, "bench_seed: %s\n", InOneLine(error).c_str());
  }

  service::UserService& users_;
  const std::uint64_t count_;
  const std::string run_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> failed_{false};
};

// Returns the ids of the new users in ascending order.
std::optional<std::vector<std::string>> LoadAll(service::UserService& users,
                                                const Options& options) {
  Loader loader(users, options.users);
  boost::asio::io_context context;
  std::vector<std::vector<std::string>> ids(options.concurrency);
  for (auto& some : ids) {
    boost::asio::co_spawn(context, loader.LoadSome(some), boost::asio::detached);
  }
  std::thread second([&] { context.run(); });
  context.run();
  second.join();
  if (loader.failed()) return std::nullopt;
  std::vector<std::string> all;
  for (auto& some : ids) std::move(some.begin(), some.end(), std::back_inserter(all));
  std::sort(all.begin(), all.end());
  return all;
}

// No consumer needs the events of the load. Marks them as delivered, so that the relay of a server
// that starts on this directory is up to date.
Status SkipEvents(storage::local::LocalStore& store) {
  std::uint64_t last = 0;
  const auto visit = [&](const storage::local::StoredFeedRecord& record) {
    last = std::max(last, record.position.value_or(0));
  };
  const auto visited = store.ForEachFeedRecord(visit, nullptr);
  if (!visited.ok()) return visited;
  return store.SaveCheckpoint(kRelayConsumer, last);
}

// Builds the search index, so that a server that starts on this directory need not.
bool BuildIndex(storage::local::LocalStore& store, const std::string& directory, const Log& log) {
  search::local::IndexDatabaseOptions options;
  options.directory = directory + "/search";
  search::local::LocalIndex index(store, store, /*list_shards=*/1, options, log);
  index.Start(kLongestBuild);
  return index.statistics().ready;
}

// Waits until no compaction is pending, so that runs start with an idle store.
bool Settle(const std::string& directory, const Clock& clock, const Log& log) {
  storage::local::LocalStoreOptions options;
  options.directory = directory;
  options.ttl_attribute = service::kTtlAttribute;
  storage::local::LocalStoreStatistics statistics;
  storage::local::DamageRecord damage(statistics, log);
  auto engine = storage::local::Engine::Open(storage::local::Engine::Mode::kReadWrite, options,
                                             clock, log, damage);
  if (!engine.ok()) return false;
  const Deadline deadline = DeadlineIn(kLongestSettling);
  int quiet = 0;
  while (quiet < 10 && !HasPassed(deadline)) {
    std::uint64_t work = 0;
    for (auto* family : {(*engine)->family(storage::Table::kUsers),
                         (*engine)->family(storage::Table::kIdempotency), (*engine)->feed()}) {
      for (const auto& property : {rocksdb::DB::Properties::kCompactionPending,
                                   rocksdb::DB::Properties::kNumRunningCompactions,
                                   rocksdb::DB::Properties::kNumRunningFlushes}) {
        std::uint64_t value = 0;
        (*engine)->db().GetIntProperty(family, property, &value);
        work += value;
      }
    }
    quiet = work == 0 ? quiet + 1 : 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return quiet >= 10;
}

int Run(const Options& options) {
  const SystemClock clock;
  StandardErrorSink sink;
  const Log log(sink, clock, LogLevel::kWarning);
  const std::int64_t begin = NowNanoseconds();
  std::optional<std::vector<std::string>> ids;
  {
    auto store = maintenance::OpenStore(options.data, clock, log);
    if (!store.ok()) {
      std::fprintf(stderr, "bench_seed: %s\n", InOneLine(store.error()).c_str());
      return 2;
    }
    const auto roles = domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue());
    UlidGenerator user_ids(clock);
    service::UserService users(**store, *roles, user_ids, clock, log);
    ids = LoadAll(users, options);
    if (!ids || !SkipEvents(**store).ok()) return 1;
    if (!BuildIndex(**store, options.data, log)) {
      std::fprintf(stderr, "bench_seed: the search index cannot be built\n");
      return 1;
    }
  }
  const double load_seconds = static_cast<double>(NowNanoseconds() - begin) / 1e9;
  if (!Settle(options.data, clock, log)) {
    std::fprintf(stderr, "bench_seed: the store does not come to rest\n");
    return 1;
  }

  std::ofstream users_file(options.users_file, std::ios::binary);
  for (const std::string& id : *ids) users_file << id;
  users_file.close();
  const auto written = WriteFileAtomically(options.data + "/principals.json",
                                           PrincipalsFile(options.principals), 0600);
  if (!users_file || !written.ok()) return 1;
  std::fprintf(stderr, "%zu users in %.1f s, at rest after %.1f s\n", ids->size(), load_seconds,
               static_cast<double>(NowNanoseconds() - begin) / 1e9);
  return 0;
}

}  // namespace
}  // namespace users::bench

int main(int argc, char** argv) {
  CLI::App app("Creates a data directory of usersd with many users and principals", "bench_seed");
  users::bench::Options options;
  app.add_option("--data", options.data, "The directory to create")->required();
  app.add_option("--users-file", options.users_file, "File for the ids of the users")->required();
  app.add_option("--users", options.users, "Number of users")->check(CLI::PositiveNumber);
  app.add_option("--principals", options.principals, "Number of principals")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  return users::bench::Run(options);
}
