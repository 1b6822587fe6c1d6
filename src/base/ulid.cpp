#include "base/ulid.h"

#include <algorithm>

#include "base/random.h"

namespace users {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}();

// Adds one to the number that the bytes represent, most significant byte first.
void Increment(std::array<std::uint8_t, 16>& bytes) {
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    if (++*byte != 0) return;
  }
}

// Sets the first 48 bits.
void SetTime(Ulid& ulid, std::int64_t milliseconds) {
  for (std::size_t i = 0; i < 6; ++i) {
    ulid.bytes[i] = static_cast<std::uint8_t>(milliseconds >> (40 - 8 * i));
  }
}

}  // namespace

std::string Ulid::ToString() const {
  // 26 characters hold 130 bits, so two zero bits come before the 128.
  std::string text(kTextSize, '0');
  unsigned buffer = 0;
  int bits = 2;
  std::size_t at = 0;
  for (const std::uint8_t byte : bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text[at++] = kAlphabet[(buffer >> bits) & 31];
    }
    buffer &= (1U << bits) - 1;
  }
  return text;
}

Timestamp TimeOf(const Ulid& ulid) {
  std::int64_t milliseconds = 0;
  for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds << 8 | ulid.bytes[i];
  return Timestamp(std::chrono::milliseconds(milliseconds));
}

std::optional<Ulid> GreatestUlidBefore(Timestamp time) {
  if (time <= Timestamp()) return std::nullopt;
  constexpr std::int64_t kMaxTime = (std::int64_t{1} << 48) - 1;
  Ulid greatest;
  greatest.bytes.fill(0xFF);
  SetTime(greatest, std::min(time.time_since_epoch().count() - 1, kMaxTime));
  return greatest;
}

std::optional<Ulid> ParseUlid(std::string_view text) {
  if (text.size() != Ulid::kTextSize || text[0] > '7') return std::nullopt;
  Ulid ulid;
  unsigned buffer = 0;
  int bits = -2;
  std::size_t at = 0;
  for (const char c : text) {
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    buffer = (buffer << 5) | static_cast<unsigned>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      ulid.bytes[at++] = static_cast<std::uint8_t>(buffer >> bits);
      buffer &= (1U << bits) - 1;
    }
  }
  return ulid;
}

Ulid RandomUlid(const Clock& clock) {
  Ulid fresh;
  SetTime(fresh, std::max<std::int64_t>(0, clock.Now().time_since_epoch().count()));
  FillRandom(std::span(fresh.bytes).subspan(6));
  return fresh;
}

Ulid UlidGenerator::Next() {
  const Ulid fresh = RandomUlid(clock_);

  const MutexLock lock(mutex_);
  // A second id in one millisecond, or a clock that stepped back: count up from the last id.
  const bool later = std::lexicographical_compare(last_.bytes.begin(), last_.bytes.begin() + 6,
                                                  fresh.bytes.begin(), fresh.bytes.begin() + 6);
  if (later) {
    last_ = fresh;
  } else {
    Increment(last_.bytes);
  }
  return last_;
}

}  // namespace users
