#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/async/task.h"
#include "base/clock.h"

namespace users {

// A timer on the executor of all tasks.
using Timer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Waits until `time` and resumes on the caller's executor.
inline Task<void> SleepUntil(Deadline time) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  Timer timer(executor, time);
  co_await timer.async_wait(kUseTask);
}

}  // namespace users
