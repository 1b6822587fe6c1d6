#include "lambda_runtime/trace_header.h"

#include <algorithm>

#include "base/text/text.h"

namespace users::lambda_runtime {
namespace {

bool IsId(std::string_view text, std::size_t size) {
  return text.size() == size && std::all_of(text.begin(), text.end(), [](char c) {
           return HexDigitValue(c) >= 0 || c == '-';
         });
}

}  // namespace

TraceHeader ParseTraceHeader(std::string_view text) {
  constexpr std::size_t kRootSize = 35;
  constexpr std::size_t kParentSize = 16;
  TraceHeader header;
  for (PartReader parts(text, ';'); const auto part = parts.Next();) {
    const std::size_t equals = part->find('=');
    if (equals == part->npos) continue;
    const std::string_view name = TrimSpaces(part->substr(0, equals));
    const std::string_view value = TrimSpaces(part->substr(equals + 1));
    if (name == "Root" && IsId(value, kRootSize)) header.root = value;
    if (name == "Parent" && IsId(value, kParentSize)) header.parent = value;
    if (name == "Sampled") header.sampled = value == "1";
  }
  if (header.root.empty() || header.parent.empty()) header.sampled = false;
  return header;
}

}  // namespace users::lambda_runtime
