#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "base/task.h"

namespace users::testing {

// Runs a coroutine to its end on this thread and returns its result.
template <class T>
T RunTask(Task<T> task) {
  boost::asio::io_context context{1};
  std::optional<T> result;
  auto run = [&]() -> Task<void> { result = co_await std::move(task); };
  boost::asio::co_spawn(context, run, boost::asio::detached);
  context.run();
  return std::move(*result);
}

// Runs `count` copies of a coroutine at once, spread over `threads` threads with an io_context
// each, as the server does. `make` gets the number of the copy.
inline void RunTogether(int count, int threads, const std::function<Task<void>(int)>& make) {
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts;
  for (int i = 0; i < threads; ++i) {
    contexts.push_back(std::make_unique<boost::asio::io_context>(1));
  }
  for (int i = 0; i < count; ++i) {
    boost::asio::co_spawn(*contexts[static_cast<std::size_t>(i % threads)], make(i),
                          boost::asio::detached);
  }
  std::vector<std::thread> running;
  for (const auto& context : contexts) running.emplace_back([&context] { context->run(); });
  for (std::thread& thread : running) thread.join();
}

}  // namespace users::testing
