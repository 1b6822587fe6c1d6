#include "base/random.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace users {
namespace {

void FillFromGenerator(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    std::fputs("usersd: the system's random generator failed\n", stderr);
    std::abort();
  }
}

// Random bytes that were drawn but not used yet. OpenSSL's generator makes three system calls at
// each draw to check whether the process has forked, so each thread draws more bytes at once.
class Stock {
 public:
  Stock() = default;
  Stock(const Stock&) = delete;
  Stock& operator=(const Stock&) = delete;
  ~Stock() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

  void Fill(std::span<std::uint8_t> wanted) {
    if (wanted.size() > bytes_.size()) return FillFromGenerator(wanted);
    if (wanted.size() > left_) {
      FillFromGenerator(bytes_);
      left_ = bytes_.size();
    }
    const auto given = std::span(bytes_).first(left_).last(wanted.size());
    std::copy(given.begin(), given.end(), wanted.begin());
    OPENSSL_cleanse(given.data(), given.size());
    left_ -= wanted.size();
  }

 private:
  std::array<std::uint8_t, 512> bytes_{};
  std::size_t left_ = 0;  // unused bytes, at the front
};

}  // namespace

std::chrono::microseconds RandomPartOf(std::chrono::microseconds time) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> part(0, time.count());
  return std::chrono::microseconds(part(random));
}

void FillRandom(std::span<std::uint8_t> bytes) {
  thread_local Stock stock;
  stock.Fill(bytes);
}

}  // namespace users
