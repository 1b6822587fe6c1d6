#include "engine/bare_engine.h"

#include <rocksdb/write_batch.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "service/idempotency.h"
#include "service/user_records.h"
#include "storage/local/encoding.h"
#include "storage/local/engine.h"
#include "storage/local/engine_access.h"
#include "storage/local/feed_table.h"

namespace users::bench {
namespace {

using Indices = std::vector<std::uint64_t>;

// A list that one thread fills and another empties.
class Handover {
 public:
  void Give(const Indices& indices) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.insert(waiting_.end(), indices.begin(), indices.end());
    }
    filled_.notify_one();
  }
  // All that waits; empty once it is closed.
  Indices Take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
    return std::exchange(waiting_, {});
  }
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  Indices waiting_;
  bool closed_ = false;
};

class Writer {
 public:
  Writer(storage::local::Engine& engine, std::uint64_t last_position,
         const std::vector<RawRegistration>& registrations, bool judges_conditions)
      : engine_(engine),
        position_(last_position),
        registrations_(registrations),
        judges_conditions_(judges_conditions) {}

  rocksdb::Status Write(const Indices& indices) {
    rocksdb::WriteBatch batch;
    for (const std::uint64_t index : indices) {
      for (const RawPut& put : registrations_[index]) {
        auto* const family = engine_.family(put.in_users_table ? storage::Table::kUsers
                                                               : storage::Table::kIdempotency);
        if (judges_conditions_ && put.has_condition) {
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
  const bool judges_conditions_;
  std::string read_;
};

class NoSink final : public LogSink {
 public:
  void Write(std::string_view) override {}
};

}  // namespace

BareEngineResult RunBareEngine(const std::vector<RawRegistration>& registrations,
                               const BareEngineOptions& options, UsageMeter& meter) {
  BareEngineResult result;
  const SystemClock clock;
  storage::local::LocalStoreOptions store;
  store.directory = options.data;
  store.feed_partition_prefix = service::kAuditPartitionPrefix;
  store.ttl_attribute = service::kTtlAttribute;
  auto access = storage::local::EngineAccess::Open(store, clock);
  if (!access.ok()) {
    result.failure = access.error().message;
    return result;
  }
  NoSink sink;
  const Log log(sink, clock, LogLevel::kError);
  const auto last_position = storage::local::FeedTable(**access, log).LastPosition();
  const storage::local::EngineAccess::Use engine(**access);
  if (!last_position.ok() || !engine) {
    result.failure = "the change feed cannot be read";
    return result;
  }

  Handover submitted;
  Handover durable;
  std::string write_failure;  // of the writer's thread, until it has ended
  std::thread writer_thread([&] {
    Writer writer(*engine, *last_position, registrations, options.judges_conditions);
    for (Indices taken = submitted.Take(); !taken.empty(); taken = submitted.Take()) {
      const rocksdb::Status status = writer.Write(taken);
      if (!status.ok()) {
        write_failure = status.ToString();
        break;
      }
      durable.Give(taken);
    }
    durable.Close();
  });

  std::vector<std::int64_t> begins(registrations.size());
  std::uint64_t next = 0;
  bool counting = false;
  const auto submit = [&](std::size_t count) {
    Indices indices;
    const std::int64_t now = NowNanoseconds();
    for (; count > 0 && next < registrations.size(); --count) {
      begins[next] = now;
      indices.push_back(next++);
    }
    if (!indices.empty()) submitted.Give(indices);
    if (!counting && next > options.warm_up) {
      counting = true;
      meter.Start();
    }
  };
  result.latencies.Reserve(registrations.size());
  submit(options.submitters);
  for (std::uint64_t done = 0; done < registrations.size();) {
    const Indices written = durable.Take();
    if (written.empty()) break;
    const std::int64_t now = NowNanoseconds();
    for (const std::uint64_t index : written) {
      if (index >= options.warm_up) result.latencies.Add(now - begins[index]);
    }
    done += written.size();
    submit(written.size());
  }
  meter.Stop();
  submitted.Close();
  writer_thread.join();
  result.failure = write_failure;
  return result;
}

}  // namespace users::bench
