#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/task.h"

namespace users::wiring {

// Coroutines on one thread of their own. Stop them before what they use goes away. Destroy this
// after the stores that they wait for, which may still complete a call of theirs. Start may be
// called by any thread.
class BackgroundTasks {
 public:
  BackgroundTasks() : thread_([this] { context_.run(); }) {}
  ~BackgroundTasks() { Stop(); }
  BackgroundTasks(const BackgroundTasks&) = delete;
  BackgroundTasks& operator=(const BackgroundTasks&) = delete;

  // `run` returns the coroutine, which begins soon.
  template <class Run>
  void Start(Run run) {
    boost::asio::co_spawn(context_, std::move(run), boost::asio::detached);
  }
  // No coroutine does any more. Those that are suspended are not waited for.
  void Stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context context_{1};
  const boost::asio::executor_work_guard<Executor> keep_running_{context_.get_executor()};
  std::thread thread_;
};

}  // namespace users::wiring
