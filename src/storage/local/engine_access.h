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

// The open engine, used by many threads at once and replaced by one: after some failed writes
// RocksDB takes no other until it is opened again. Entering never waits and takes no lock, since it
// is on the path of every read: it counts the user in, on a cache line that threads seldom share.
class EngineAccess {
 public:
  static Result<std::unique_ptr<EngineAccess>> Open(Engine::Mode mode,
                                                    const LocalStoreOptions& options,
                                                    const Clock& clock, const Log& log,
                                                    DamageRecord& damage);

  // An engine that is open already.
  static std::unique_ptr<EngineAccess> Of(std::unique_ptr<Engine> engine,
                                          const LocalStoreOptions& options, const Clock& clock,
                                          const Log& log, DamageRecord& damage);

  // Keeps the engine open as long as it lives, so it should not live long. False where there is no
  // engine, which is while it is opened again and as long as that fails.
  class Use {
   public:
    explicit Use(EngineAccess& access);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;
    explicit operator bool() const { return engine_ != nullptr; }
    Engine& operator*() const { return *engine_; }
    Engine* operator->() const { return engine_; }

   private:
    std::atomic<int>& users_;
    Engine* engine_;
  };

  // Closes the engine once nobody uses it, and opens it anew. Fails where the disk still takes no
  // writes, and leaves an engine that can be read from if there can be one. What the anchor
  // promises and is not there is damage, which is reported. For one thread at a time, which must
  // not be in a Use.
  Status Reopen(const Anchor& anchor);

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
  std::atomic<Engine*> entered_;  // what a Use gets: null while the engine is replaced
  std::array<Stripe, 16> stripes_;
};

// What a caller hears while there is no engine.
Error NoEngine();

}  // namespace users::storage::local
