#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace users {
namespace {

[[noreturn]] void Fail() {
  std::fputs("usersd: SHA-256 is not available in OpenSSL\n", stderr);
  std::abort();
}

const EVP_MD* Algorithm() {
  // Fetched once: EVP_sha256() alone is looked up again at each use in OpenSSL 3.
  static EVP_MD* const algorithm = [] {
    EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (fetched == nullptr) Fail();
    return fetched;
  }();
  return algorithm;
}

EVP_MD_CTX* ThreadContext() {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return context.get();
}

class Hasher {
 public:
  Hasher() : context_(ThreadContext()) {
    if (context_ == nullptr || EVP_DigestInit_ex2(context_, Algorithm(), nullptr) != 1) Fail();
  }
  void Add(const void* data, std::size_t size) {
    if (EVP_DigestUpdate(context_, data, size) != 1) Fail();
  }
  void Add(std::string_view data) { Add(data.data(), data.size()); }
  Sha256Digest Finish() {
    Sha256Digest digest;
    if (EVP_DigestFinal_ex(context_, digest.data(), nullptr) != 1) Fail();
    return digest;
  }

 private:
  EVP_MD_CTX* context_;
};

}  // namespace

Sha256Digest Sha256(std::string_view data) {
  Hasher hasher;
  hasher.Add(data);
  return hasher.Finish();
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
    hasher.Add(size.data(), size.size());
    hasher.Add(field);
  }
  return hasher.Finish();
}

Sha256Digest HmacSha256(std::span<const std::uint8_t> key, std::string_view data) {
  constexpr std::size_t kBlock = 64;
  Sha256Digest short_key{};
  if (key.size() > kBlock) {
    short_key = Sha256(AsText(key));
    key = short_key;
  }
  std::array<std::uint8_t, kBlock> inner_pad;
  std::array<std::uint8_t, kBlock> outer_pad;
  inner_pad.fill(0x36);
  outer_pad.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner_pad[i] ^= key[i];
    outer_pad[i] ^= key[i];
  }
  const Sha256Digest inner = Sha256({AsText(inner_pad), data});
  const Sha256Digest result = Sha256({AsText(outer_pad), AsText(inner)});
  OPENSSL_cleanse(inner_pad.data(), inner_pad.size());
  OPENSSL_cleanse(outer_pad.data(), outer_pad.size());
  return result;
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
