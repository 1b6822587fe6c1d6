#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <type_traits>
#include <utility>

#include "base/async/task.h"

namespace users {

// Runs `work()` on a thread of the pool and resumes the caller on its own executor with the result.
// `work` must not throw. The pool must outlive the call.
template <class Work>
auto RunOn(boost::asio::thread_pool& pool, Work work) -> Task<std::invoke_result_t<Work>> {
  using T = std::invoke_result_t<Work>;
  auto start = [&pool](auto handler, Work moved_work) {
    auto executor = boost::asio::get_associated_executor(handler);
    boost::asio::post(pool, [moved_work = std::move(moved_work), handler = std::move(handler),
                             guard = boost::asio::make_work_guard(executor)]() mutable {
      auto resume = [handler = std::move(handler), result = moved_work()]() mutable {
        handler(std::move(result));
      };
      boost::asio::post(guard.get_executor(), std::move(resume));
    });
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>,
                                                 void(T)>(std::move(start), kUseTask,
                                                          std::move(work));
}

}  // namespace users
