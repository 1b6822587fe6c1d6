#pragma once

#include <atomic>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "storage/change_feed.h"

namespace users::testing {

// A change feed in memory that fails on request.
class FakeFeed final : public storage::ChangeFeed {
 public:
  void Append(std::uint64_t position, std::int64_t number) {
    storage::FeedRecord record;
    record.position = position;
    record.item.SetNumber("n", number);
    {
      const MutexLock lock(mutex_);
      records_.push_back(std::move(record));
    }
    changed_.NotifyAll();
  }

  void FailCheckpoints(int times) { Set(&FakeFeed::checkpoint_failures_, times); }
  void FailSaves(int times) { Set(&FakeFeed::save_failures_, times); }
  void FailReads(int times) { Set(&FakeFeed::read_failures_, times); }

  // Waits until the checkpoint is saved. Returns false after 60 s, which no healthy run needs.
  bool WaitForCheckpoint(std::uint64_t position) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(mutex_, std::chrono::seconds(60), [&]() USERS_REQUIRES(mutex_) {
      return checkpoints_["relay"] == position;
    });
  }
  std::uint64_t SavedCheckpoint() {
    const MutexLock lock(mutex_);
    return checkpoints_["relay"];
  }

  // Returns how often Read was called.
  int reads() const { return reads_; }

  Result<std::uint64_t> Checkpoint(std::string_view consumer) override {
    const MutexLock lock(mutex_);
    if (Fails(checkpoint_failures_)) return Error::Unavailable("no checkpoint");
    return checkpoints_[std::string(consumer)];
  }

  Status SaveCheckpoint(std::string_view consumer, std::uint64_t position) override {
    {
      const MutexLock lock(mutex_);
      if (Fails(save_failures_)) return Error::Unavailable("not saved");
      checkpoints_[std::string(consumer)] = position;
    }
    changed_.NotifyAll();
    return Done{};
  }

  std::uint64_t NewestPosition() override {
    const MutexLock lock(mutex_);
    return records_.empty() ? 0 : records_.back().position;
  }

  Status Remove(std::uint64_t up_to) override {
    {
      const MutexLock lock(mutex_);
      if (Fails(save_failures_)) return Error::Unavailable("not removed");
      std::erase_if(records_, [&](const auto& record) { return record.position <= up_to; });
    }
    changed_.NotifyAll();
    return Done{};
  }

  Result<std::vector<storage::FeedRecord>> Read(std::uint64_t after, std::size_t limit) override {
    ++reads_;
    const MutexLock lock(mutex_);
    if (Fails(read_failures_)) return Error::Unavailable("cannot read");
    std::vector<storage::FeedRecord> found;
    for (const storage::FeedRecord& record : records_) {
      if (record.position > after && found.size() < limit) found.push_back(record);
    }
    return found;
  }

  void Wait(std::uint64_t after, std::chrono::milliseconds at_most) override {
    MutexLock lock(mutex_);
    changed_.WaitFor(mutex_, at_most, [&]() USERS_REQUIRES(mutex_) {
      return interrupted_ || (!records_.empty() && records_.back().position > after);
    });
  }

  void Interrupt() override { Set(&FakeFeed::interrupted_, true); }

 private:
  static bool Fails(int& times) { return times > 0 && times-- > 0; }
  template <class T>
  void Set(T FakeFeed::*member, T value) {
    {
      const MutexLock lock(mutex_);
      this->*member = value;
    }
    changed_.NotifyAll();
  }

  std::atomic<int> reads_{0};
  Mutex mutex_;
  ConditionVariable changed_;
  std::vector<storage::FeedRecord> records_ USERS_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> checkpoints_ USERS_GUARDED_BY(mutex_);
  int checkpoint_failures_ USERS_GUARDED_BY(mutex_) = 0;
  int save_failures_ USERS_GUARDED_BY(mutex_) = 0;
  int read_failures_ USERS_GUARDED_BY(mutex_) = 0;
  bool interrupted_ USERS_GUARDED_BY(mutex_) = false;
};

}  // namespace users::testing
