#include "engine/bare_engine.h"

#include <rocksdb/write_batch.h>

#include <atomic>
#include <deque>
#include <memory>
#include <semaphore>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/local/damage.h"
#include "storage/local/encoding.h"
#include "storage/local/engine.h"
#include "storage/local/engine_access.h"
#include "storage/local/start_check.h"

namespace users::bench {
namespace {

using Indices = std::vector<std::uint64_t>;

// A list that one thread fills and another one empties.
class Handover {
 public:
  void Give(const Indices& indices) {
    {
      const MutexLock lock(mutex_);
      waiting_.insert(waiting_.end(), indices.begin(), indices.end());
    }
    filled_.NotifyOne();
  }
  // Returns all waiting elements. Waits for one; returns none once the list is closed.
  Indices Release() {
    MutexLock lock(mutex_);
    filled_.Wait(mutex_, [&]() USERS_REQUIRES(mutex_) { return closed_ || !waiting_.empty(); });
    return std::exchange(waiting_, {});
  }
  void Close() {
    {
      const MutexLock lock(mutex_);
      closed_ = true;
    }
    filled_.NotifyAll();
  }

 private:
  Mutex mutex_;
  ConditionVariable filled_;
  Indices waiting_ USERS_GUARDED_BY(mutex_);
  bool closed_ USERS_GUARDED_BY(mutex_) = false;
};

class Writer {
 public:
  Writer(storage::local::Engine& engine, std::uint64_t last_position,
         const std::vector<RawRegistration>& registrations, bool checks_conditions)
      : engine_(engine),
        position_(last_position),
        registrations_(registrations),
        checks_conditions_(checks_conditions) {}

  rocksdb::Status Write(const Indices& indices) {
    rocksdb::WriteBatch batch;
    for (const std::uint64_t index : indices) {
      for (const RawPut& put : registrations_[index]) {
        auto* const family = engine_.family(put.in_users_table ? storage::Table::kUsers
                                                               : storage::Table::kIdempotency);
        if (checks_conditions_ && put.has_condition) {
          const auto found = engine_.db().Get(rocksdb::ReadOptions(), family, put.key, &read_);
          if (!found.IsNotFound()) return rocksdb::Status::Aborted("a key is there already");
        }
        batch.Put(family, put.key, put.value).PermitUncheckedError();
        if (!put.is_told) continue;
        batch.Put(engine_.feed(), storage::local::EncodePosition(++position_), put.key)
            .PermitUncheckedError();
      }
    }
    return engine_.Write(batch);
  }

 private:
  storage::local::Engine& engine_;
  std::uint64_t position_;
  const std::vector<RawRegistration>& registrations_;
  const bool checks_conditions_;
  std::string read_;
};

class NoSink final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

// The submitters of one run. Durable() is called on the writer's thread.
class Submitters {
 public:
  Submitters(std::uint64_t count, const BareEngineOptions& options, Handover& submitted,
             UsageMeter& meter)
      : count_(count), options_(options), submitted_(submitted), meter_(meter), begins_(count) {}
  virtual ~Submitters() = default;

  virtual void Run() = 0;
  virtual void Durable(const Indices& indices) = 0;
  virtual void GiveUp() = 0;  // no more registrations will become durable
  virtual Latencies TakeLatencies() = 0;

 protected:
  void Begin(std::uint64_t index) {
    begins_[index] = NowNanoseconds();
    if (index == options_.warm_up) meter_.Start();
  }
  void End(std::uint64_t index, Latencies& latencies) const {
    if (index >= options_.warm_up) latencies.Add(NowNanoseconds() - begins_[index]);
  }

  const std::uint64_t count_;
  const BareEngineOptions& options_;
  Handover& submitted_;

 private:
  UsageMeter& meter_;
  std::vector<std::int64_t> begins_;
};

class OneForAll final : public Submitters {
 public:
  using Submitters::Submitters;

  void Run() override {
    latencies_.Reserve(count_);
    Submit(options_.submitters);
    for (std::uint64_t done = 0; done < count_;) {
      const Indices written = durable_.Release();
      if (written.empty()) return;
      for (const std::uint64_t index : written) End(index, latencies_);
      done += written.size();
      Submit(written.size());
    }
  }
  void Durable(const Indices& indices) override { durable_.Give(indices); }
  void GiveUp() override { durable_.Close(); }
  Latencies TakeLatencies() override { return std::move(latencies_); }

 private:
  void Submit(std::size_t count) {
    Indices indices;
    for (; count > 0 && next_ < count_; --count) {
      Begin(next_);
      indices.push_back(next_++);
    }
    if (!indices.empty()) submitted_.Give(indices);
  }

  Handover durable_;
  Latencies latencies_;
  std::uint64_t next_ = 0;
};

class ThreadForEach final : public Submitters {
 public:
  using Submitters::Submitters;

  void Run() override {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < options_.submitters; ++i) {
      threads.emplace_back([this, i] { SubmitSome(places_[i]); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  void Durable(const Indices& indices) override {
    for (const std::uint64_t index : indices) owners_[index]->durable.release();
  }
  void GiveUp() override {
    stopped_ = true;
    for (Place& place : places_) place.durable.release();
  }
  Latencies TakeLatencies() override {
    Latencies all;
    for (Place& place : places_) all.Add(place.latencies);
    return all;
  }

 private:
  struct Place {
    std::counting_semaphore<> durable{0};
    Latencies latencies;
  };

  void SubmitSome(Place& place) {
    for (std::uint64_t index = next_++; index < count_ && !stopped_; index = next_++) {
      owners_[index] = &place;
      Begin(index);
      submitted_.Give({index});
      place.durable.acquire();
      End(index, place.latencies);
    }
  }

  std::deque<Place> places_ = std::deque<Place>(options_.submitters);
  std::vector<Place*> owners_ = std::vector<Place*>(count_);
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> stopped_{false};
};

}  // namespace

BareEngineResult RunBareEngine(const std::vector<RawRegistration>& registrations,
                               const BareEngineOptions& options, UsageMeter& meter) {
  BareEngineResult result;
  const SystemClock clock;
  storage::local::LocalStoreOptions store;
  store.directory = options.data;
  store.feed_partition_prefix = service::kFeedPartitionPrefix;
  store.ttl_attribute = service::kTtlAttribute;
  NoSink sink;
  const Log log(sink, clock, LogLevel::kError);
  storage::local::LocalStoreStatistics statistics;
  storage::local::DamageRecord damage(statistics, log);
  auto access = storage::local::EngineAccess::Open(storage::local::Engine::Mode::kReadWrite, store,
                                                   clock, log, damage);
  if (!access.ok()) {
    result.failure = access.error().message;
    return result;
  }
  const storage::local::EngineAccess::Lease engine(**access);
  const auto last_position =
      engine ? storage::local::NewestPosition(*engine) : Result<std::uint64_t>(Error::Internal());
  if (!last_position.ok()) {
    result.failure = "the change feed cannot be read";
    return result;
  }

  Handover submitted;
  std::unique_ptr<Submitters> submitters;
  if (options.threads) {
    submitters = std::make_unique<ThreadForEach>(registrations.size(), options, submitted, meter);
  } else {
    submitters = std::make_unique<OneForAll>(registrations.size(), options, submitted, meter);
  }
  std::thread writer_thread([&] {
    Writer writer(*engine, *last_position, registrations, options.checks_conditions);
    for (Indices taken = submitted.Release(); !taken.empty(); taken = submitted.Release()) {
      const rocksdb::Status status = writer.Write(taken);
      if (!status.ok()) {
        result.failure = status.ToString();
        break;
      }
      submitters->Durable(taken);
    }
    submitters->GiveUp();
  });
  submitters->Run();
  meter.Stop();
  submitted.Close();
  writer_thread.join();
  result.latencies = submitters->TakeLatencies();
  return result;
}

}  // namespace users::bench
