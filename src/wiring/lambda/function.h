#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/timer.h"
#include "lambda_runtime/invocation_sink.h"
#include "lambda_runtime/loop.h"
#include "lambda_runtime/runtime_api.h"
#include "lambda_runtime/trace.h"

namespace users::wiring {

// How long a preparation may take; the first event waits for it.
inline constexpr std::chrono::milliseconds kPreparationTime{3'000};

// What all functions have: log, runtime interface, tracing, and one thread that runs them all.
class Function {
 public:
  // Builds the function's own parts and names its handler. An error is one line for the operator.
  using Build = std::function<Result<lambda_runtime::Handler>(Function& function)>;

  // Runs until the execution environment ends; the process's exit code. What cannot be built is
  // reported to Lambda as an error of initialisation.
  static int Run(const Build& build);

  // As Lambda knows it.
  std::string name() const { return environment_("AWS_LAMBDA_FUNCTION_NAME").value_or("unnamed"); }
  const Clock& clock() const { return clock_; }
  const Log& log() const { return log_; }
  const aws::Environment& environment() const { return environment_; }
  lambda_runtime::Tracer& tracer() { return *tracer_; }

  // What is answered instead of an answer that is too large. Called while building, once.
  void IfTooLarge(lambda_runtime::Replacement replace) { replace_ = std::move(replace); }

  // Starts something now, while initialisation has a whole processor, without waiting for it; no
  // event is handled before it has ended or the event's time is over. Called while building, once.
  void Prepare(Task<Status> preparation);

  // Keeps a part of the function for as long as it runs.
  template <class Part>
  Part& Keep(std::unique_ptr<Part> part) {
    parts_.push_back(std::shared_ptr<void>(std::move(part)));
    return *static_cast<Part*>(parts_.back().get());
  }

 private:
  Function();
  int Serve(const Build& build);
  Task<void> FinishPreparing(Task<Status> preparation);
  Task<Result<std::string>> Handle(const lambda_runtime::Invocation& invocation);

  const SystemClock clock_;
  lambda_runtime::InvocationSink sink_;
  const Log log_;
  const aws::Environment environment_;
  // What may still be under way in the context when the process ends refers to the parts.
  std::vector<std::shared_ptr<void>> parts_;
  lambda_runtime::Handler handler_;
  lambda_runtime::Replacement replace_;
  boost::asio::io_context context_{1};
  std::unique_ptr<lambda_runtime::Tracer> tracer_;
  bool is_preparing_ = false;
  Timer preparation_{context_.get_executor()};  // what waits for it is told its end
};

}  // namespace users::wiring
