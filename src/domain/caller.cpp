#include "domain/caller.h"

namespace users::domain {

std::string_view IdempotencyOwner(std::string_view arn) {
  // arn:aws:sts::123456789012:assumed-role/ROLE/SESSION
  constexpr std::string_view kMark = "assumed-role/";
  if (!arn.starts_with("arn:")) return arn;
  std::size_t at = 0;  // the start of the sixth part
  for (int part = 0; part < 5; ++part) {
    const std::size_t end = arn.find(':', at);
    if (end == arn.npos || (part == 2 && arn.substr(at, end - at) != "sts")) return arn;
    at = end + 1;
  }
  if (!arn.substr(at).starts_with(kMark)) return arn;
  const std::size_t slash = arn.rfind('/');
  return slash < at + kMark.size() ? arn : arn.substr(0, slash);
}

}  // namespace users::domain
