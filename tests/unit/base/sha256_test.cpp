#include "base/sha256.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace users {
namespace {

using namespace std::string_view_literals;
using Bytes = std::vector<std::uint8_t>;

Bytes BytesOf(std::string_view text) {
  return {text.begin(), text.end()};
}

std::string OpenSslHmac(const Bytes& key, std::string_view data) {
  Sha256Digest digest;
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(data.data()), data.size(), digest.data(), &size);
  return ToHex(digest);
}

TEST(Sha256, MatchesFips180Vectors) {
  EXPECT_EQ(ToHex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(ToHex(Sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(ToHex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(ToHex(Sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

RC_GTEST_PROP(Sha256, HashesPartsLikeTheWhole, (std::string a, std::string b, std::string c)) {
  RC_ASSERT(Sha256({a, b, c}) == Sha256(a + b + c));
}

TEST(Sha256OfFields, DependsOnFieldBoundaries) {
  const std::set<Sha256Digest> digests = {
      Sha256OfFields({}),          Sha256OfFields({""}),        Sha256OfFields({"", ""}),
      Sha256OfFields({"ab", "c"}), Sha256OfFields({"a", "bc"}), Sha256OfFields({"abc"}),
      Sha256OfFields({"abc", ""}), Sha256OfFields({"", "abc"}), Sha256OfFields({"c", "ab"}),
  };
  EXPECT_EQ(digests.size(), 9U);
  EXPECT_EQ(Sha256OfFields({"ab"}), Sha256("\0\0\0\0\0\0\0\x02"
                                           "ab"sv));
}

struct Rfc4231 {
  std::string key;
  std::string data;
  std::string_view mac;
};

TEST(HmacSha256, MatchesRfc4231Vectors) {
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting += c;
  const Rfc4231 cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {counting, std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key "
       "needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Rfc4231& test : cases) {
    EXPECT_EQ(ToHex(HmacSha256(BytesOf(test.key), test.data)), test.mac);
    const HmacSha256Key kept(BytesOf(test.key));
    for (int i = 0; i < 2; ++i) EXPECT_EQ(ToHex(kept.Sign(test.data)), test.mac);
  }
}

TEST(HmacSha256, AgreesWithOpenSslAroundTheBlockSize) {
  for (std::size_t size = 0; size <= 130; ++size) {
    const Bytes key(size, 0x5A);
    EXPECT_EQ(ToHex(HmacSha256(key, "data")), OpenSslHmac(key, "data")) << size;
  }
}

RC_GTEST_PROP(HmacSha256, AgreesWithOpenSsl, (Bytes key, std::string data)) {
  RC_ASSERT(ToHex(HmacSha256(key, data)) == OpenSslHmac(key, data));
}

TEST(Sha256, WorksOnManyThreads) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (int& mine : wrong) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 500; ++i) {
        mine += ToHex(Sha256("abc")).starts_with("ba7816bf") ? 0 : 1;
        mine += ToHex(HmacSha256(BytesOf("Jefe"), "what do ya want for nothing?"))
                        .starts_with("5bdcc146")
                    ? 0
                    : 1;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST(ToHex, WritesLowerCase) {
  EXPECT_EQ(ToHex(Bytes{}), "");
  EXPECT_EQ(ToHex(Bytes{0x00, 0x0F, 0xAB, 0xFF}), "000fabff");
}

TEST(EqualInConstantTime, ComparesEveryByte) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("a\0b"sv, "a\0b"sv));
  EXPECT_FALSE(EqualInConstantTime("a\0b"sv, "a\0c"sv));
  EXPECT_FALSE(EqualInConstantTime("", "a"));
  EXPECT_FALSE(EqualInConstantTime("a", ""));
  EXPECT_FALSE(EqualInConstantTime("abc", "abd"));
  EXPECT_FALSE(EqualInConstantTime("abc", "ab"));
}

}  // namespace
}  // namespace users
