#include "domain/caller.h"

namespace users::domain {

std::string_view IdempotencyOwner(std::string_view arn) {
  // arn:aws:sts::123456789012:assumed-role/ROLE/SESSION
  constexpr std::string_view kMark = ":assumed-role/";
  const std::size_t mark = arn.find(kMark);
  if (!arn.starts_with("arn:") || arn.find(":sts:") == arn.npos || mark == arn.npos) return arn;
  const std::size_t slash = arn.rfind('/');
  return slash < mark + kMark.size() ? arn : arn.substr(0, slash);
}

}  // namespace users::domain
