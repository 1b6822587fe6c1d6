#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <optional>
#include <utility>

#include "base/async/task.h"

namespace users {

// Runs a coroutine to its end on this thread, for commands that do one thing after another. The
// task must not throw.
template <class T>
T RunTask(Task<T> task) {
  boost::asio::io_context context{1};
  std::optional<T> result;
  const auto run = [&]() -> Task<void> { result = co_await std::move(task); };
  boost::asio::co_spawn(context, run, boost::asio::detached);
  context.run();
  return std::move(*result);
}

}  // namespace users
