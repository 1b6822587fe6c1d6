#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace users {

using Sha256Digest = std::array<std::uint8_t, 32>;

// SHA-256 of the parts, one after the other. Thread-safe.
Sha256Digest Sha256(std::string_view data);
Sha256Digest Sha256(std::initializer_list<std::string_view> parts);

// A key of HMAC-SHA-256 (RFC 2104), with the half of the work done that is the same for all data:
// as secret as the key itself. Immutable, so thread-safe.
class HmacSha256Key {
 public:
  explicit HmacSha256Key(std::span<const std::uint8_t> key);
  Sha256Digest Sign(std::string_view data) const;

 private:
  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

// The same for a key that is used once. Thread-safe.
Sha256Digest HmacSha256(std::span<const std::uint8_t> key, std::string_view data);

// SHA-256 of the parts, each preceded by its length, so that no two lists of parts look alike.
Sha256Digest Sha256OfFields(std::initializer_list<std::string_view> fields);

// Lower-case hexadecimal.
std::string ToHex(std::span<const std::uint8_t> bytes);
void AppendHex(std::string& out, std::span<const std::uint8_t> bytes);

inline std::string_view AsText(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Compares without telling by its duration where the two differ. Their lengths are no secret.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace users
