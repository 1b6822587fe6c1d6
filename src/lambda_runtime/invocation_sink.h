#pragma once

#include <string>
#include <string_view>

#include "base/log.h"

namespace users::lambda_runtime {

// Writes lines at once, from the caller's thread, since the process may be frozen after each
// answer, and adds to each which invocation it belongs to: requestId and traceId. For one thread.
class InvocationSink final : public LogSink {
 public:
  explicit InvocationSink(int file_descriptor) : file_descriptor_(file_descriptor) {}

  // From now on. `trace_id` is X-Ray's, empty if there is none.
  void Begin(std::string_view request_id, std::string_view trace_id);
  // What follows belongs to no invocation.
  void End() { suffix_.clear(); }

  void Write(std::string_view line, LineKind kind) override;

 private:
  const int file_descriptor_;
  std::string suffix_;  // members of a JSON object, each after a comma
};

}  // namespace users::lambda_runtime
