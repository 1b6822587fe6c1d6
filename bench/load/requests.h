#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load/workload.h"

namespace users::bench {

struct SigningOptions {
  std::uint64_t principals = 1000;  // each request is signed by one of them, at random
  std::string host;                 // of the Host header
  std::string run;                  // what correlation ids begin with
  std::uint64_t seed = 1;
};

// Requests that are signed before the run, so that signing costs the run nothing. No two are alike:
// each has a correlation id of its own, which is signed. They are good for five minutes.
class SignedRequests {
 public:
  SignedRequests(Workload& workload, std::uint64_t count, const SigningOptions& options);

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
