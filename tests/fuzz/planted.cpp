// Not one of our parsers: it trusts a length in the input. `scripts/fuzz --self-test` must find the
// bug.
#include <cstring>
#include <string>

#include "fuzz.h"

namespace users::fuzz {
namespace {

// Copies a text with its length in front: "3:abc".
std::size_t ReadCounted(std::string_view input) {
  const std::size_t colon = input.find(':');
  if (colon == 0 || colon > 2) return 0;
  std::size_t size = 0;
  for (const char c : input.substr(0, colon)) {
    if (c < '0' || c > '9') return 0;
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  std::string text(size, '\0');
  std::memcpy(text.data(), input.data() + colon + 1, size);  // the bug: the input may be shorter
  return text.size();
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return users::fuzz::ReadCounted(users::fuzz::AsInput(data, size)) > 1000 ? -1 : 0;
}
