#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/async/task.h"
#include "base/mutex.h"

namespace users {

// Runs coroutines on their own thread. Stop them before the objects that they use are
// destroyed. Destroy this after the stores that they wait for, because those may still complete a
// call.
class BackgroundTask {
 public:
  BackgroundTask() = default;
  ~BackgroundTask() { Stop(); }
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // `run` returns a coroutine, and lives until the coroutine has ended. Thread-safe; do not call it
  // after Stop.
  template <class Run>
  void Start(Run run) {
    boost::asio::co_spawn(context_, std::move(run), boost::asio::detached);
    const MutexLock lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { context_.run(); });
  }
  // Stops the coroutines without waiting for suspended ones.
  void Stop() {
    const MutexLock lock(mutex_);
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<Executor> keep_running_{context_.get_executor()};
  Mutex mutex_;
  std::thread thread_ USERS_GUARDED_BY(mutex_);
};

}  // namespace users
