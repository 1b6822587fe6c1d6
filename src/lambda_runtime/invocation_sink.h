#pragma once

#include <string>
#include <string_view>

#include "base/log.h"

namespace users::lambda_runtime {

// Writes each log line at once on the caller's thread, because the process may be frozen after each
// response. It adds the members requestId and traceId to each line, which name the invocation. Not
// thread-safe.
class InvocationSink final : public LogSink {
 public:
  // The file descriptor must outlive the sink. The sink does not close it.
  explicit InvocationSink(int file_descriptor) : file_descriptor_(file_descriptor) {}

  // Starts an invocation. `trace_id` is X-Ray's, empty if there is none.
  void Begin(std::string_view request_id, std::string_view trace_id);
  // Ends the invocation. Later lines belong to none.
  void End() { suffix_.clear(); }

  void Write(std::string_view line, LineKind kind) override;

 private:
  const int file_descriptor_;
  std::string suffix_;  // members of a JSON object, each after a comma
};

}  // namespace users::lambda_runtime
