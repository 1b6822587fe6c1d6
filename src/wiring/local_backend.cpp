#include <optional>

#include "audit/file_target.h"
#include "audit/relay.h"
#include "base/async/timer.h"
#include "maintenance/control.h"
#include "maintenance/data_directory.h"
#include "maintenance/newest_events.h"
#include "maintenance/open_store.h"
#include "maintenance/upgrade.h"
#include "server/front_door.h"
#include "server/store_probe.h"
#include "service/store_probes.h"
#include "service/user_records.h"
#include "wiring/backend.h"

namespace users::wiring {
namespace {

constexpr std::string_view kRelayConsumer = "log";
constexpr server::StoreProbe::Options kReadProbe{std::chrono::milliseconds(1'000),
                                                 std::chrono::milliseconds(1'000),
                                                 std::chrono::milliseconds(5'000)};
// A synced write that takes longer means that durable writes do not work.
constexpr std::chrono::milliseconds kMaxWriteTime{5'000};
constexpr std::chrono::milliseconds kUpgradePause{10'000};

class LocalBackend final : public Backend {
 public:
  LocalBackend(const ServeOptions& options, const Log& log) : options_(options), log_(log) {}

  Status Open(const Clock& clock) {
    if (auto checked = maintenance::CheckDataDirectory(options_.data); !checked.ok())
      return checked;
    auto store = maintenance::OpenStore(options_.data, clock, log_, options_.accept_older_store);
    if (!store.ok()) return WithRemedy(store.error());
    store_ = std::move(*store);
    has_all_items_ = !store_->needs_upgrade();
    if (auto compared = CompareEvents(); !compared.ok()) return compared;
    const auto link_files = [this](const std::string& directory) {
      return store_->LinkFilesTo(directory);
    };
    auto control = maintenance::ControlServer::Start(options_.data, link_files, log_);
    if (!control.ok()) return std::move(control.error());
    control_ = std::move(*control);

    const auto greatest =
        service::GreatestUserId([this](std::string_view prefix, std::size_t size) {
          return store_->GreatestPartition(prefix, size);
        });
    if (!greatest.ok()) return greatest.error();
    greatest_ = *greatest;

    auto target = audit::OpenFileTarget(EventFile());
    if (!target.ok()) return std::move(target.error());
    target_ = std::move(*target);
    return Done{};
  }

  ~LocalBackend() override {
    if (reads_) reads_->Stop();
  }

  storage::TableStore& store() override { return *store_; }
  std::uint32_t list_shards() const override { return 1; }
  Ulid greatest_user_id() const override { return greatest_; }

  const std::atomic<bool>& has_all_items() const override { return has_all_items_; }
  Task<void> Upgrade() override {
    while (!has_all_items_) {
      const bool done = co_await maintenance::UpgradeStore(*store_, log_);
      has_all_items_ = done;
      if (!done) co_await SleepUntil(DeadlineIn(kUpgradePause));
    }
  }

  void StartRelay() override {
    if (!options_.relay) return;
    const auto decode = [](const storage::FeedRecord& record) {
      return service::DecodeAuditEntry(record.partition, record.sort, record.item);
    };
    const audit::EventOrigin origin{std::string(server::ArnPart(options_.api_arn, 4)),
                                    std::string(server::ArnPart(options_.api_arn, 3))};
    relay_.emplace(*store_, *target_, decode, origin, std::string(kRelayConsumer), log_);
  }
  std::string_view relay_name() const override { return kRelayConsumer; }

  void AddMetrics(server::Metrics& metrics) const override {
    using Kind = server::Metrics::Kind;
    const auto& s = store_->statistics();
    metrics.Add(Kind::kCounter, "users_store_transactions_total", "Transactions committed",
                s.transactions);
    metrics.Add(Kind::kCounter, "users_store_batches_total",
                "Synced writes; transactions share them", s.batches);
    metrics.Add(Kind::kCounter, "users_store_failed_batches_total", "Synced writes that failed",
                s.failed_batches);
    metrics.Add(Kind::kGauge, "users_store_waiting_transactions", "Transactions in the queue",
                s.waiting);
    metrics.Add(Kind::kGauge, "users_store_writable",
                "1; 0 from a failed write until the store is reopened", s.writable);
    metrics.Add(
        Kind::kGauge, "users_store_damaged",
        "1 once files of the store are known to be damaged or gone; all writes are rejected then",
        s.damaged);
    metrics.Add(Kind::kCounter, "users_store_disk_reads_total", "Reads that memory could not serve",
                s.disk_reads);
    if (!relay_) return;
    const auto& r = relay_->statistics();
    metrics.Add(Kind::kCounter, "users_relay_events_total",
                "Events delivered, repeated ones included", r.delivered);
    metrics.Add(Kind::kCounter, "users_relay_failures_total",
                "Failed deliveries, which are retried", r.failures);
  }

  void AddHealthChecks(server::Health& health) override {
    const auto attempt = [this](Deadline deadline) -> Task<bool> {
      const bool reachable = co_await service::IsReachable(*store_, deadline);
      co_return reachable&& disk_reads_.Proceed(store_->statistics());
    };
    reads_.emplace(attempt, kReadProbe);
    const auto& s = store_->statistics();
    health.Add("reads", [this] { return reads_->Passes(); });
    health.Add("writes", [&s] {
      const Deadline since = s.writing_since;
      const bool hangs = since != Deadline() && HasPassed(since + kMaxWriteTime);
      return s.writable && !hangs;
    });
    health.Add("files", [&s] { return s.files_in_place.load(); });
    health.Add("damage", [&s] { return !s.damaged; });
  }

 private:
  // Detects that reads wait for the disk and none of them ends. For the probe's thread only.
  class DiskReads {
   public:
    bool Proceed(const storage::local::LocalStoreStatistics& statistics) {
      const std::uint64_t done = statistics.disk_reads_done;
      if (done != done_ || statistics.disk_reads == done) moved_ = std::chrono::steady_clock::now();
      done_ = done;
      return !HasPassed(moved_ + kReadProbe.max_age);
    }

   private:
    std::uint64_t done_ = 0;
    Deadline moved_ = std::chrono::steady_clock::now();
  };

  // Adds what an operator can do about a damaged store.
  static Error WithRemedy(const Error& error) {
    if (error.code != ErrorCode::kInternal) return error;
    return Error::Of(error.code,
                     error.message +
                         ": restore a backup, or pass --accept-older-store to continue without the "
                         "missing changes; usersd check shows details");
  }

  // Checks that the store has the newest events, because each was delivered after its change was
  // durable.
  Status CompareEvents() {
    const auto compared = maintenance::CompareNewestEvents(EventFile(), *store_);
    const bool passes = compared.ok() && compared->missing == 0;
    if (passes) return Done{};
    const std::string reason = !compared.ok()
                                   ? "audit-events.jsonl: " + compared.error().message
                                   : "audit-events.jsonl: the store lacks " +
                                         std::to_string(compared->missing) +
                                         " of its newest events, first " + compared->first_missing;
    if (!compared.ok() && compared.error().code != ErrorCode::kInternal) {
      return Error::Unavailable("cannot be opened (" + reason + ")");
    }
    // A backup made by a version without anchors may have an event file that is ahead of its store.
    if (options_.accept_older_store || store_->had_no_anchor()) {
      log_.Warning("events_not_in_store").Text("reason", reason);
      return Done{};
    }
    return WithRemedy(Error::Of(ErrorCode::kInternal, "is damaged (" + reason + ")"));
  }

  std::string EventFile() const { return options_.data + "/audit-events.jsonl"; }

  const ServeOptions& options_;
  const Log& log_;
  DiskReads disk_reads_;
  std::optional<server::StoreProbe>
      reads_;  // outlives the store, which may still complete a call of it
  std::unique_ptr<storage::local::LocalStore> store_;
  std::unique_ptr<maintenance::ControlServer> control_;
  std::atomic<bool> has_all_items_{true};
  Ulid greatest_;
  std::unique_ptr<audit::EventTarget> target_;
  std::optional<audit::Relay> relay_;
};

}  // namespace

Result<std::unique_ptr<Backend>, ProgramError> OpenLocalBackend(const ServeOptions& options,
                                                                const Clock& clock,
                                                                const Log& log) {
  auto backend = std::make_unique<LocalBackend>(options, log);
  const auto opened = backend->Open(clock);
  if (!opened.ok()) return AtOption("--data", options.data, opened.error());
  return std::unique_ptr<Backend>(std::move(backend));
}

}  // namespace users::wiring
