#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/async/task.h"
#include "base/clock.h"
#include "base/result.h"
#include "lambda_runtime/trace.h"

namespace users::lambda_runtime {

// Reports the calls of one service to X-Ray. `tracer` and `clock` must outlive it. Not thread-safe.
class TracedCalls {
 public:
  // `service` must be a literal. `table` is the table named in the subsegments, empty if none.
  TracedCalls(Tracer& tracer, const Clock& clock, std::string_view service, std::string table)
      : tracer_(tracer), clock_(clock), service_(service), table_(std::move(table)) {}

  // Makes the call, and sends a subsegment for it if the invocation is sampled. `operation` must be
  // a literal.
  template <class T>
  Task<Result<T>> Traced(std::string_view operation, Task<Result<T>> call) const {
    if (!tracer_.is_sampled()) return call;
    return Measured(operation, std::move(call));
  }

 private:
  template <class T>
  Task<Result<T>> Measured(std::string_view operation, Task<Result<T>> call) const {
    TracedCall traced;
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

  Tracer& tracer_;
  const Clock& clock_;
  const std::string_view service_;
  const std::string table_;
};

}  // namespace users::lambda_runtime
