// The reason for scripts/check-coroutines: g++ 12 destroys an aggregate from a braced list inside a
// co_await expression once too often. The test fails with a compiler that does not have this bug.
// Then the rule can be removed.
#include <gtest/gtest.h>

#include <coroutine>

namespace users::testing {
namespace {

struct Counted {
  static inline int alive = 0;
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  ~Counted() { --alive; }
};

struct Aggregate {
  int number;
  Counted counted;
};

struct WithConstructor {
  WithConstructor() = default;
  int number = 0;
  Counted counted;
};

struct Coroutine {
  struct promise_type {
    Coroutine get_return_object() {
      return Coroutine(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };

  explicit Coroutine(std::coroutine_handle<promise_type> started) : handle(started) {}
  ~Coroutine() { handle.destroy(); }
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  void await_resume() {}

  std::coroutine_handle<promise_type> handle;
};

Coroutine TakeAggregate(Aggregate) {
  co_return;
}
Coroutine TakeWithConstructor(WithConstructor) {
  co_return;
}

Coroutine AwaitBracedList() {
  co_await TakeAggregate({1, Counted()});
}
Coroutine AwaitTemporary() {
  co_await TakeWithConstructor(WithConstructor());
}

TEST(AggregateInCoAwait, IsDestroyedTwiceByGcc12Only) {
  Counted::alive = 0;
  { Coroutine coroutine = AwaitBracedList(); }
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 12
  EXPECT_EQ(Counted::alive, -1);
#else
  EXPECT_EQ(Counted::alive, 0);
#endif
}

TEST(AggregateInCoAwait, DoesNotAffectClassesWithConstructors) {
  Counted::alive = 0;
  { Coroutine coroutine = AwaitTemporary(); }
  EXPECT_EQ(Counted::alive, 0);
}

}  // namespace
}  // namespace users::testing
