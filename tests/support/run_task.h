#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/async/run_task.h"

namespace users::testing {

using users::RunTask;

// Runs `count` coroutines at once, spread over `threads` threads with an io_context each, as the
// server does. `make` gets the number of the coroutine.
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
