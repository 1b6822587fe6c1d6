#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "base/task.h"

namespace users::wiring {

// A coroutine on a thread of its own. Stop it before what it uses goes away. Destroy it after the
// stores that it waits for: they may still complete a call of it.
class BackgroundTask {
 public:
  BackgroundTask() = default;
  ~BackgroundTask() { Stop(); }
  BackgroundTask(const BackgroundTask&) = delete;
  BackgroundTask& operator=(const BackgroundTask&) = delete;

  // To be called once. `run` returns the coroutine and lives as long as this.
  template <class Run>
  void Start(Run run) {
    boost::asio::co_spawn(context_, std::move(run), boost::asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }
  // The coroutine does no more, and is not waited for if it is suspended.
  void Stop() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  boost::asio::io_context context_{1};
  std::thread thread_;
};

}  // namespace users::wiring
