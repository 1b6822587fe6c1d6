#include "lambda_runtime/invocation_sink.h"

#include <unistd.h>

#include <cerrno>

#include "base/json.h"
#include "lambda_runtime/trace.h"

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kEnd = "}\n";

}  // namespace

void InvocationSink::Begin(std::string_view request_id, std::string_view trace_header) {
  suffix_ = ",\"requestId\":";
  json::AppendString(suffix_, request_id);
  const TraceHeader trace = ParseTraceHeader(trace_header);
  if (trace.root.empty()) return;
  suffix_ += ",\"traceId\":";
  json::AppendString(suffix_, trace.root);
}

void InvocationSink::Write(std::string_view line) {
  std::string text(line);
  if (line.ends_with(kEnd)) text.insert(text.size() - kEnd.size(), suffix_);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nowhere to report it
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace users::lambda_runtime
