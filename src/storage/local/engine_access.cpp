#include "storage/local/engine_access.h"

#include <rocksdb/env.h>

#include <thread>

#include "storage/local/start_check.h"

namespace users::storage::local {
namespace {

constexpr std::chrono::milliseconds kLeasePollInterval{1};
constexpr std::size_t kProbeBytes = 64 << 10;

}  // namespace

Result<std::unique_ptr<EngineAccess>> EngineAccess::Open(Engine::Mode mode,
                                                         const LocalStoreOptions& options,
                                                         const Clock& clock, const Log& log,
                                                         DamageRecord& damage) {
  auto engine = Engine::Open(mode, options, clock, log, damage);
  if (!engine.ok()) return std::move(engine.error());
  return Of(std::move(*engine), options, clock, log, damage);
}

std::unique_ptr<EngineAccess> EngineAccess::Of(std::unique_ptr<Engine> engine,
                                               const LocalStoreOptions& options, const Clock& clock,
                                               const Log& log, DamageRecord& damage) {
  return std::unique_ptr<EngineAccess>(
      new EngineAccess(std::move(engine), options, clock, log, damage));
}

EngineAccess::EngineAccess(std::unique_ptr<Engine> engine, LocalStoreOptions options,
                           const Clock& clock, const Log& log, DamageRecord& damage)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      damage_(damage),
      engine_(std::move(engine)),
      entered_(engine_.get()) {}

std::atomic<int>& EngineAccess::OwnCount() {
  static std::atomic<std::size_t> threads{0};
  thread_local const std::size_t own = threads++;
  return stripes_[own % stripes_.size()].users;
}

// Count first, then look at the engine. Either Reopen sees this user, or this user sees that the
// engine is gone. Both sides need sequential consistency for that.
EngineAccess::Lease::Lease(EngineAccess& access) : users_(access.OwnCount()) {
  ++users_;
  engine_ = access.entered_.load();
}

EngineAccess::Lease::~Lease() {
  users_.fetch_sub(1, std::memory_order_release);
}

Status EngineAccess::Reopen(const Anchor& anchor) {
  if (auto probed = ProbeDisk(); !probed.ok()) return probed;
  Replace(nullptr);  // it holds the directory's lock
  {
    auto looked = InspectDatabase(options_, anchor, clock_, log_, damage_);
    if (looked.ok() && looked->damage) {
      damage_.Report(looked->damage->file, looked->damage->reason);
      if (looked->engine) Replace(std::move(looked->engine));
      return Error::Of(ErrorCode::kInternal, looked->damage->text());
    }
  }
  auto opened = Engine::Open(Engine::Mode::kReadWrite, options_, clock_, log_, damage_);
  if (opened.ok()) {
    Replace(std::move(*opened));
    return Done{};
  }
  auto readable = Engine::Open(Engine::Mode::kReadOnly, options_, clock_, log_, damage_);
  if (readable.ok()) Replace(std::move(*readable));
  return std::move(opened.error());
}

void EngineAccess::Replace(std::unique_ptr<Engine> engine) {
  entered_ = nullptr;
  for (const Stripe& stripe : stripes_) {
    while (stripe.users.load() != 0) std::this_thread::sleep_for(kLeasePollInterval);
  }
  engine_ = std::move(engine);
  entered_ = engine_.get();
}

Status EngineAccess::ProbeDisk() const {
  rocksdb::Env* const env = options_.env != nullptr ? options_.env : rocksdb::Env::Default();
  // Opening flushes the log, which is at most a full set of memtables.
  std::uint64_t free_bytes = 0;
  const bool known = env->GetFreeSpace(options_.directory, &free_bytes).ok();
  if (known && free_bytes < options_.memtable_bytes) {
    return Error::Unavailable("the disk has less than " + std::to_string(options_.memtable_bytes) +
                              " free bytes");
  }
  const std::string path = options_.directory + "/db/probe.tmp";
  const bool sync = true;
  const rocksdb::Status status =
      rocksdb::WriteStringToFile(env, std::string(kProbeBytes, '\0'), path, sync);
  env->DeleteFile(path).PermitUncheckedError();
  if (!status.ok()) return Error::Unavailable(status.ToString());
  return Done{};
}

Error NoEngine() {
  return Error::Unavailable("The store is being reopened.");
}

}  // namespace users::storage::local
