#include "lambda_runtime/invocation_sink.h"

#include "base/files.h"
#include "base/json/json.h"

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kEnd = "}\n";

}  // namespace

void InvocationSink::Begin(std::string_view request_id, std::string_view trace_id) {
  suffix_ = ",\"requestId\":";
  json::AppendString(suffix_, request_id);
  if (trace_id.empty()) return;
  suffix_ += ",\"traceId\":";
  json::AppendString(suffix_, trace_id);
}

void InvocationSink::Write(std::string_view line, LineKind) {
  std::string text(line);
  if (line.ends_with(kEnd)) text.insert(text.size() - kEnd.size(), suffix_);
  [[maybe_unused]] const users::Status written =
      WriteAll(file_descriptor_, text);  // nowhere to report it
}

}  // namespace users::lambda_runtime
