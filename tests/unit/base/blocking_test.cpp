#include "base/async/blocking.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace users {
namespace {

struct Seen {
  std::thread::id before, inside, after;
  std::unique_ptr<int> result;
};

Task<void> RunOnce(boost::asio::thread_pool& pool, int value, Seen& seen) {
  seen.before = std::this_thread::get_id();
  auto work = [&seen, number = std::make_unique<int>(value)]() mutable {
    seen.inside = std::this_thread::get_id();
    return std::move(number);
  };
  seen.result = co_await RunOn(pool, std::move(work));
  seen.after = std::this_thread::get_id();
}

TEST(RunOn, RunsOnThePoolAndResumesOnTheCallersThread) {
  boost::asio::thread_pool pool(2);
  boost::asio::io_context context;
  std::vector<Seen> seen(20);
  int value = 0;
  for (Seen& one : seen) {
    boost::asio::co_spawn(context, RunOnce(pool, value++, one), boost::asio::detached);
  }
  context.run();
  pool.join();
  value = 0;
  for (const Seen& one : seen) {
    ASSERT_NE(one.result, nullptr);
    EXPECT_EQ(*one.result, value++);
    EXPECT_EQ(one.before, std::this_thread::get_id());
    EXPECT_NE(one.inside, std::this_thread::get_id());
    EXPECT_EQ(one.after, std::this_thread::get_id());
  }
}

}  // namespace
}  // namespace users
