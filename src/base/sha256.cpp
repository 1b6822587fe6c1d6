// Uses OpenSSL's deprecated functions below its EVP layer. EVP costs more than hashing a request
// does, and its contexts cannot be copied without an allocation.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/sha256.h"

#include <openssl/crypto.h>

namespace users {
namespace {

class Hasher {
 public:
  Hasher() { SHA256_Init(&state_); }
  explicit Hasher(const SHA256_CTX& state) : state_(state) {}
  Hasher& Add(std::string_view data) {
    SHA256_Update(&state_, data.data(), data.size());
    return *this;
  }
  const SHA256_CTX& state() const { return state_; }
  Sha256Digest Finish() {
    Sha256Digest digest;
    SHA256_Final(digest.data(), &state_);
    return digest;
  }

 private:
  SHA256_CTX state_;
};

}  // namespace

Sha256Digest Sha256(std::string_view data) {
  return Hasher().Add(data).Finish();
}

Sha256Digest Sha256(std::initializer_list<std::string_view> parts) {
  Hasher hasher;
  for (const std::string_view part : parts) hasher.Add(part);
  return hasher.Finish();
}

Sha256Digest Sha256OfFields(std::initializer_list<std::string_view> fields) {
  Hasher hasher;
  for (const std::string_view field : fields) {
    std::array<std::uint8_t, 8> size;
    for (std::size_t i = 0; i < size.size(); ++i) {
      size[i] = static_cast<std::uint8_t>(field.size() >> (56 - 8 * i));
    }
    hasher.Add(AsText(size)).Add(field);
  }
  return hasher.Finish();
}

HmacSha256Key::HmacSha256Key(std::span<const std::uint8_t> key) {
  constexpr std::size_t kBlock = 64;
  Sha256Digest short_key{};
  if (key.size() > kBlock) {
    short_key = Sha256(AsText(key));
    key = short_key;
  }
  std::array<std::uint8_t, kBlock> pad;
  const auto state_after = [&](std::uint8_t filler) {
    pad.fill(filler);
    for (std::size_t i = 0; i < key.size(); ++i) pad[i] ^= key[i];
    return Hasher().Add(AsText(pad)).state();
  };
  inner_ = state_after(0x36);
  outer_ = state_after(0x5c);
  OPENSSL_cleanse(pad.data(), pad.size());
}

Sha256Digest HmacSha256Key::Sign(std::string_view data) const {
  const Sha256Digest inner = Hasher(inner_).Add(data).Finish();
  return Hasher(outer_).Add(AsText(inner)).Finish();
}

Sha256Digest HmacSha256(std::span<const std::uint8_t> key, std::string_view data) {
  return HmacSha256Key(key).Sign(data);
}

std::string ToHex(std::span<const std::uint8_t> bytes) {
  std::string text;
  AppendHex(text, bytes);
  return text;
}

void AppendHex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    out[at++] = kDigits[byte >> 4];
    out[at++] = kDigits[byte & 15];
  }
}

bool EqualInConstantTime(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace users
