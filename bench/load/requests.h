#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/workload.h"

namespace users::bench {

// How requests are signed.
struct SigningOptions {
  std::uint64_t principals = 1000;  // a random one of these signs each request
  std::string host;                 // the Host header
  std::string run;                  // the prefix of correlation ids
  std::uint64_t seed = 1;
};

// Requests that are signed before the run, so that signing does not cost time during the run. They
// all differ, because each has its own correlation id, which is signed. They are valid for five
// minutes. Immutable, so thread-safe.
class SignedRequests {
 public:
  SignedRequests(Workload& workload, std::uint64_t count, const SigningOptions& options);

  // The number of requests, and the bytes of one of them.
  std::uint64_t count() const { return ends_.size(); }
  std::string_view at(std::uint64_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace users::bench
