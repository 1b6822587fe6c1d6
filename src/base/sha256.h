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

// Returns SHA-256 of the parts, concatenated. Thread-safe, like all functions of this file.
Sha256Digest Sha256(std::string_view data);
Sha256Digest Sha256(std::initializer_list<std::string_view> parts);

// A key of HMAC-SHA-256 (RFC 2104), with the part of the computation done that does not depend on
// the data. It is as secret as the key itself. Immutable, so thread-safe.
class HmacSha256Key {
 public:
  // Prepares a key of any length.
  explicit HmacSha256Key(std::span<const std::uint8_t> key);
  // Returns the HMAC of the data.
  Sha256Digest Sign(std::string_view data) const;

 private:
  SHA256_CTX inner_;
  SHA256_CTX outer_;
};

// Signs once with a key. Use HmacSha256Key for a key that is used again.
Sha256Digest HmacSha256(std::span<const std::uint8_t> key, std::string_view data);

// Returns SHA-256 of the parts, each preceded by its length, so that two different lists of parts
// never hash the same bytes.
Sha256Digest Sha256OfFields(std::initializer_list<std::string_view> fields);

// Return or append the bytes in lower-case hexadecimal.
std::string ToHex(std::span<const std::uint8_t> bytes);
void AppendHex(std::string& out, std::span<const std::uint8_t> bytes);

// Returns the bytes as text, without a copy.
inline std::string_view AsText(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Compares in a time that does not reveal where the two differ. It reveals whether their lengths
// differ.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace users
