#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/async/timer.h"

namespace users {

// Runs the tasks concurrently on the caller's executor, which is one thread. Returns their results
// in the order of the tasks once all have finished. Tasks must not throw.
template <class T>
Task<std::vector<T>> WhenAll(std::vector<Task<T>> tasks) {
  struct Join {
    Join(Executor executor, std::size_t count)
        : results(count), left(count), all_there(executor, Deadline::max()) {}
    std::vector<std::optional<T>> results;
    std::size_t left;
    Timer all_there;  // cancelled when all results are present
  };
  const Executor executor = co_await boost::asio::this_coro::executor;
  const auto join = std::make_shared<Join>(executor, tasks.size());
  const auto run = [](std::shared_ptr<Join> joined, std::size_t i, Task<T> task) -> Task<void> {
    joined->results[i].emplace(co_await std::move(task));
    if (--joined->left == 0) joined->all_there.cancel();
  };
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    boost::asio::co_spawn(executor, run(join, i, std::move(tasks[i])), boost::asio::detached);
  }
  if (join->left > 0) {
    boost::system::error_code cancelled;
    co_await join->all_there.async_wait(boost::asio::redirect_error(kUseTask, cancelled));
  }
  std::vector<T> results;
  results.reserve(join->results.size());
  for (auto& result : join->results) results.push_back(std::move(*result));
  co_return results;
}

}  // namespace users
