#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "storage/local/anchor.h"
#include "storage/local/damage.h"
#include "storage/local/engine.h"
#include "storage/local/local_store.h"

namespace users::storage::local {

// The open engine. Many threads use it at the same time, and one thread replaces it, because
// RocksDB accepts no write after some failed writes until it is reopened. Every read needs a Lease,
// so taking one never waits and takes no lock: it increments a counter on a cache line that threads
// rarely share.
class EngineAccess {
 public:
  // Opens an engine. The references must outlive the result. Fails like Engine::Open.
  static Result<std::unique_ptr<EngineAccess>> Open(Engine::Mode mode,
                                                    const LocalStoreOptions& options,
                                                    const Clock& clock, const Log& log,
                                                    DamageRecord& damage);

  // Wraps an engine that is already open.
  static std::unique_ptr<EngineAccess> Of(std::unique_ptr<Engine> engine,
                                          const LocalStoreOptions& options, const Clock& clock,
                                          const Log& log, DamageRecord& damage);

  // Keeps the engine open as long as it lives, so it should be short. False if there is no engine,
  // which is the case while it is being reopened and as long as reopening fails.
  class Lease {
   public:
    explicit Lease(EngineAccess& access);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    explicit operator bool() const { return engine_ != nullptr; }
    Engine& operator*() const { return *engine_; }
    Engine* operator->() const { return engine_; }

   private:
    std::atomic<int>& users_;
    Engine* engine_;
  };

  // Waits until no thread uses the engine, closes it, and opens it again. Fails if the disk still
  // accepts no writes; then it leaves an engine for reading, if possible. If the store lacks
  // anything that the anchor promises, this is reported as damage. Only one thread may call it at a
  // time, and it must not hold a Lease.
  Status Reopen(const Anchor& anchor);

  // The damage record given to Open or Of.
  DamageRecord& damage() { return damage_; }

 private:
  struct alignas(64) Stripe {
    std::atomic<int> users{0};
  };

  EngineAccess(std::unique_ptr<Engine> engine, LocalStoreOptions options, const Clock& clock,
               const Log& log, DamageRecord& damage);
  std::atomic<int>& OwnCount();
  Status ProbeDisk() const;
  void Replace(std::unique_ptr<Engine> engine);

  const LocalStoreOptions options_;
  const Clock& clock_;
  const Log& log_;
  DamageRecord& damage_;
  std::unique_ptr<Engine> engine_;
  std::atomic<Engine*> entered_;  // the engine for a Lease; null while it is being replaced
  std::array<Stripe, 16> stripes_;
};

// Returns the error for calls while there is no engine.
Error NoEngine();

}  // namespace users::storage::local
