#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/async/timer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/program_error.h"
#include "lambda_runtime/invocation_sink.h"
#include "lambda_runtime/loop.h"
#include "lambda_runtime/runtime_api.h"
#include "lambda_runtime/trace.h"

namespace users::lambda_runtime {

// The time limit of a preparation. The first event waits for it.
inline constexpr std::chrono::milliseconds kPreparationTime{3'000};

// The parts that all functions share: log, runtime interface, tracing, and the one thread that runs
// them. Not thread-safe.
class Function {
 public:
  // Builds the function's own parts and returns its handler.
  using Build = std::function<Result<Handler, ProgramError>(Function& function)>;

  // Runs until the execution environment ends. Returns the process's exit code: kExitCannotRun if
  // AWS_LAMBDA_RUNTIME_API is not set, otherwise kExitFault or that of the failed build. A failed
  // build is reported to Lambda as an error of initialisation.
  static int Run(const Build& build);

  // The function's name in Lambda.
  std::string name() const { return environment_("AWS_LAMBDA_FUNCTION_NAME").value_or("unnamed"); }
  const Clock& clock() const { return clock_; }
  const Log& log() const { return log_; }
  const aws::Environment& environment() const { return environment_; }
  Tracer& tracer() { return *tracer_; }

  // Sets the function that replaces a response that is too large. Call it once, in Build.
  void SetOversizeFallback(Replacement replace) { replace_ = std::move(replace); }

  // Starts a task without waiting for it, because initialisation has a whole processor. No event is
  // handled before the task has ended or the event's time is over. Call it once, in Build.
  void Prepare(Task<Status> preparation);

  // Keeps a part of the function as long as the function runs.
  template <class Part>
  Part& Keep(std::unique_ptr<Part> part) {
    parts_.push_back(std::shared_ptr<void>(std::move(part)));
    return *static_cast<Part*>(parts_.back().get());
  }

 private:
  Function();
  int Serve(const Build& build);
  Result<Handler, ProgramError> Initialise(const Build& build);
  Task<void> FinishPreparing(Task<Status> preparation);
  Task<Result<std::string>> Handle(const Invocation& invocation);

  const SystemClock clock_;
  InvocationSink sink_;
  const Log log_;
  const aws::Environment environment_;
  // Tasks that are still in the context when the process ends refer to the parts.
  std::vector<std::shared_ptr<void>> parts_;
  Handler handler_;
  Replacement replace_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Tracer> tracer_;
  bool is_preparing_ = false;
  Timer preparation_{context_.get_executor()};  // cancelled at the end of the preparation
};

}  // namespace users::lambda_runtime
