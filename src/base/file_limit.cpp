#include "base/file_limit.h"

#include <sys/resource.h>

namespace users {
namespace {

constexpr std::size_t kUnlimited = std::size_t{1} << 20;

}  // namespace

std::size_t FileLimit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return kUnlimited;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

void RaiseFileLimit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace users
