#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

// Mutexes whose use clang checks. Clang's Thread Safety Analysis
// (https://clang.llvm.org/docs/ThreadSafetyAnalysis.html) needs attributes that std::mutex of
// libstdc++ does not have. The macros are those of that page, with a prefix. g++ ignores them;
// scripts/check-locks runs clang. A member of a class with a Mutex is const, atomic, guarded, or
// has a comment that names the thread that uses it.
//
// Clang does not check constructors and destructors of the class itself.
#ifdef __clang__
#define USERS_ATTRIBUTE(x) __attribute__((x))
#else
#define USERS_ATTRIBUTE(x)
#endif
// On a member: read and write it only with the mutex locked.
#define USERS_GUARDED_BY(mutex) USERS_ATTRIBUTE(guarded_by(mutex))
// On a function or a lambda: the caller must have locked the mutex.
#define USERS_REQUIRES(...) USERS_ATTRIBUTE(requires_capability(__VA_ARGS__))
// On a function that locks the mutex itself: the caller must not have locked it.
#define USERS_EXCLUDES(...) USERS_ATTRIBUTE(locks_excluded(__VA_ARGS__))
// These describe the classes below.
#define USERS_CAPABILITY(name) USERS_ATTRIBUTE(capability(name))
#define USERS_SCOPED_CAPABILITY USERS_ATTRIBUTE(scoped_lockable)
#define USERS_ACQUIRE(...) USERS_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define USERS_RELEASE(...) USERS_ATTRIBUTE(release_capability(__VA_ARGS__))
#define USERS_NOT_CHECKED USERS_ATTRIBUTE(no_thread_safety_analysis)

namespace users {

// A std::mutex. Thread-safe.
class USERS_CAPABILITY("mutex") Mutex {
 public:
  Mutex() = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  // Prefer MutexLock. A function that is called with the lock may use these to work without it for
  // a while.
  void Lock() USERS_ACQUIRE() { mutex_.lock(); }
  void Unlock() USERS_RELEASE() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

// Holds a mutex until the end of the block. Within the block, Unlock() and Lock() may be called in
// turn. Used by one thread.
class USERS_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) USERS_ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() USERS_RELEASE() {
    if (is_locked_) mutex_.Unlock();
  }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  void Unlock() USERS_RELEASE() {
    mutex_.Unlock();
    is_locked_ = false;
  }
  void Lock() USERS_ACQUIRE() {
    mutex_.Lock();
    is_locked_ = true;
  }

 private:
  Mutex& mutex_;
  bool is_locked_ = true;
};

// A std::condition_variable for one Mutex. The functions that wait are called with the mutex
// locked, unlock it while they wait, and return with it locked. `predicate` is called with the
// mutex locked, so it is written `[&]() USERS_REQUIRES(mutex_) { return ...; }`. Thread-safe.
class ConditionVariable {
 public:
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

  // Returns when the predicate is true.
  template <class Predicate>
  void Wait(Mutex& mutex, Predicate predicate) USERS_REQUIRES(mutex) USERS_NOT_CHECKED {
    HeldLock held(mutex);
    condition_.wait(held.lock, predicate);
  }
  // Returns the predicate's value: when it is true, or else when the time is over.
  template <class Predicate>
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds at_most, Predicate predicate)
      USERS_REQUIRES(mutex) USERS_NOT_CHECKED {
    HeldLock held(mutex);
    return condition_.wait_for(held.lock, at_most, predicate);
  }
  template <class Predicate>
  bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point moment, Predicate predicate)
      USERS_REQUIRES(mutex) USERS_NOT_CHECKED {
    HeldLock held(mutex);
    return condition_.wait_until(held.lock, moment, predicate);
  }
  // Returns after a notification, at that moment, or earlier for no reason: call it in a loop.
  void WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point moment)
      USERS_REQUIRES(mutex) USERS_NOT_CHECKED {
    HeldLock held(mutex);
    condition_.wait_until(held.lock, moment);
  }

 private:
  // The caller's lock in the form that std::condition_variable takes. The caller keeps it.
  struct HeldLock {
    explicit HeldLock(Mutex& mutex) : lock(mutex.mutex_, std::adopt_lock) {}
    ~HeldLock() { lock.release(); }
    std::unique_lock<std::mutex> lock;
  };

  std::condition_variable condition_;
};

}  // namespace users
