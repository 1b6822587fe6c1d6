#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace users {

// Everything asynchronous runs on an io_context, one per core. Naming that executor type saves the
// indirect calls of asio's any_io_executor at each step.
using Executor = boost::asio::io_context::executor_type;

// A coroutine that returns a value of type T.
template <class T>
using Task = boost::asio::awaitable<T, Executor>;

inline constexpr boost::asio::use_awaitable_t<Executor> kUseTask;

// g++ 12.2 destroys aggregate temporaries inside a co_await expression twice. Parameters of
// coroutines are therefore named locals or types with constructors, never a braced list.
// scripts/check-coroutines checks this.

}  // namespace users
