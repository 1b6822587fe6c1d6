#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "lambda_runtime/trace.h"

namespace users::wiring {

// Tells X-Ray of calls of one service. `tracer` and `clock` outlive it.
class TracedCalls {
 public:
  // `service` is a literal; `table` is what the calls are said to be about, empty if nothing.
  TracedCalls(lambda_runtime::Tracer& tracer, const Clock& clock, std::string_view service,
              std::string table)
      : tracer_(tracer), clock_(clock), service_(service), table_(std::move(table)) {}

  // The call, and a subsegment for it where the invocation is sampled. `operation` is a literal.
  template <class T>
  Task<Result<T>> Traced(std::string_view operation, Task<Result<T>> call) const {
    if (!tracer_.is_sampled()) return call;
    return Measured(operation, std::move(call));
  }

 private:
  template <class T>
  Task<Result<T>> Measured(std::string_view operation, Task<Result<T>> call) const {
    lambda_runtime::TracedCall traced;
    traced.service = service_;
    traced.operation = operation;
    traced.table = table_;
    traced.begin = clock_.Now();
    const auto begin = std::chrono::steady_clock::now();
    auto result = co_await std::move(call);
    traced.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - begin);
    traced.failed = !result.ok();
    tracer_.Record(traced);
    co_return result;
  }

  lambda_runtime::Tracer& tracer_;
  const Clock& clock_;
  const std::string_view service_;
  const std::string table_;
};

}  // namespace users::wiring
