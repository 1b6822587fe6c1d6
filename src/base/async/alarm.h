#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/redirect_error.hpp>

#include "base/async/timer.h"

namespace users {

// A wait that several parts of the program can end. It belongs to one executor: all methods except
// executor() are called on its thread. It keeps the executor's context at work, so that another
// thread can post a call of Ring to it.
class Alarm {
 public:
  explicit Alarm(Executor executor) : timer_(executor), keep_running_(executor) {}
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  // The executor of the alarm. Thread-safe.
  Executor executor() const { return keep_running_.get_executor(); }

  // Returns at this time, or once the alarm has rung. Only one coroutine may wait.
  Task<void> WaitUntil(Deadline time) {
    if (has_rung_) co_return;
    timer_.expires_at(time);
    boost::system::error_code cancelled;
    co_await timer_.async_wait(boost::asio::redirect_error(kUseTask, cancelled));
  }

  // Ends the present wait and every later one.
  void Ring() {
    has_rung_ = true;
    timer_.cancel();
  }

 private:
  Timer timer_;
  boost::asio::executor_work_guard<Executor> keep_running_;
  bool has_rung_ = false;
};

}  // namespace users
