#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

// PROPERTY(Suite, Name, cases) { ... } declares a property of RapidCheck that is tried `cases`
// times. Each case opens stores, so more than a hundred cases cost too much in every test run.
// RC_PARAMS="max_success=1000" tries more; RC_PARAMS="reproduce=..." repeats a failure.
#define PROPERTY(Suite, Name, cases)                                                    \
  void PropertyOf##Suite##Name();                                                       \
  TEST(Suite, Name) {                                                                   \
    ::users::testing::CheckProperty(#Suite "/" #Name, cases, &PropertyOf##Suite##Name); \
  }                                                                                     \
  void PropertyOf##Suite##Name()

namespace users::testing {

// Checks a property and reports a failure to GoogleTest.
inline void CheckProperty(const char* name, int cases, void (*property)()) {
  rc::detail::TestMetadata metadata;
  metadata.id = name;
  metadata.description = name;
  rc::detail::TestParams params = rc::detail::configuration().testParams;
  const char* given = std::getenv("RC_PARAMS");
  if (given == nullptr || std::strstr(given, "max_success") == nullptr) params.maxSuccess = cases;
  const auto result = rc::detail::checkTestable(property, metadata, params);
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  EXPECT_TRUE(result.is<rc::detail::SuccessResult>()) << message.str();
}

// Draws a number from 0 to n - 1, each as often as any other. RapidCheck's own ranges begin with their
// smallest number and grow with the cases, so a choice between few kinds must not use them.
template <class T>
T Below(T n) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(0, n));
}

// Draws one of the values.
template <class T>
T OneOf(const std::vector<T>& values) {
  return values[Below(values.size())];
}

// Draws true in one of n cases.
inline bool OneIn(int n) {
  return Below(n) == 0;
}

// Draws a seed for random choices that RapidCheck cannot draw itself, because threads make them.
inline std::uint64_t AnySeed() {
  return *rc::gen::noShrink(rc::gen::arbitrary<std::uint64_t>());
}

}  // namespace users::testing
