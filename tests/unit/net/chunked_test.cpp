#include "net/chunked.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace users::net {
namespace {

using namespace std::string_view_literals;
using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::kIncomplete;
  std::string body;
  std::string rest;  // after a complete body
};

// Decodes bytes that arrive in pieces of these sizes, repeated in turn. Without sizes, all bytes
// arrive at once.
Decoded Decode(std::string_view bytes, const std::vector<std::size_t>& pieces = {},
               std::size_t most = 64 << 10) {
  ChunkedDecoder decoder(most);
  Decoded decoded;
  std::size_t turn = 0;
  while (decoded.state == State::kIncomplete && !bytes.empty()) {
    const std::size_t size = pieces.empty() ? bytes.size() : pieces[turn++ % pieces.size()];
    std::string_view piece = bytes.substr(0, size);
    bytes.remove_prefix(piece.size());
    decoded.state = decoder.Decode(piece, decoded.body);
    if (decoded.state == State::kComplete) {
      decoded.rest = std::string(piece) + std::string(bytes);
    } else if (decoded.state == State::kIncomplete) {
      EXPECT_TRUE(piece.empty());
    }
  }
  return decoded;
}

struct Good {
  std::string_view bytes;
  std::string_view body;
  std::string_view rest;
};

TEST(ChunkedDecoder, AcceptsWhatRfc9112Allows) {
  const Good cases[] = {
      {"0\r\n\r\n", "", ""},
      {"3\r\nabc\r\n0\r\n\r\n", "abc", ""},
      {"1\r\na\r\n2\r\nbc\r\n0\r\n\r\nGET /", "abc", "GET /"},
      {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""},
      {"9\r\n\r\n\r\n\0\xFF\r\n0\r\n0\r\n\r\n\r\n0\r\n"sv, "\r\n\r\n\0\xFF\r\n0"sv, "\r\n0\r\n"},
      {"00000003\r\nabc\r\n00000000\r\n\r\n", "abc", ""},
      {"3;name=value;n=\"q;v\"\r\nabc\r\n0;last\r\n\r\n", "abc", ""},
      {"3 ;x\r\nabc\r\n0\t;y\r\n\r\n", "abc", ""},
      {"3\r\nabc\r\n0\r\nTrailer: x\r\nOther:\r\n\r\nrest", "abc", "rest"},
  };
  for (const Good& test : cases) {
    const Decoded decoded = Decode(test.bytes);
    EXPECT_EQ(decoded.state, State::kComplete) << testing::PrintToString(test.bytes);
    EXPECT_EQ(decoded.body, test.body);
    EXPECT_EQ(decoded.rest, test.rest);
    const Decoded again = Decode(test.bytes, {1});
    EXPECT_EQ(again.state, State::kComplete) << testing::PrintToString(test.bytes);
    EXPECT_EQ(again.body, test.body);
  }
}

TEST(ChunkedDecoder, RejectsAmbiguousFraming) {
  for (const std::string_view bytes : {
           "\r\n"sv,
           "x\r\n"sv,
           "-1\r\n"sv,
           "+3\r\nabc\r\n"sv,
           " 3\r\nabc\r\n"sv,
           "0x3\r\nabc\r\n"sv,
           "3 \r\nabc\r\n"sv,
           "3 4\r\nabc\r\n"sv,
           "3,\r\nabc\r\n"sv,
           "3g\r\nabc\r\n"sv,
           ";x\r\n"sv,
           "3\nabc\r\n"sv,
           "3\r\nabc\n"sv,
           "3\r\nabc0\r\n"sv,
           "3\r\nabcd\r\n"sv,
           "3\r\nab\r\n0\r\n"sv,
           "3\rabc"sv,
           "3\r\r\nabc\r\n"sv,
           "3\r\nabc\rX"sv,
           "3\r\nabc\r\r\n"sv,
           "3;\0\r\nabc\r\n"sv,
           "3;\x01\r\nabc\r\n"sv,
           "3;\x7F\r\nabc\r\n"sv,
           "3;a\nb\r\n"sv,
           "3\0\r\nabc\r\n"sv,
           "\xEF\xBC\x93\r\nabc\r\n"sv,
           "000000003\r\nabc\r\n"sv,
           "100000000\r\n"sv,
           "FFFFFFFFFFFFFFFF\r\n"sv,
           "10000000000000003\r\nabc\r\n"sv,  // 2^64 + 3
           "0\r\nno colon\r\n\r\n"sv,
           "0\r\n: x\r\n\r\n"sv,
           "0\r\n folded: x\r\n\r\n"sv,
           "0\r\n\tX: x\r\n\r\n"sv,
           "0\r\nX: a\nY: b\r\n\r\n"sv,
           "0\r\nX: \0\r\n\r\n"sv,
           "0\r\n\n"sv,
           "0\n\n"sv,
           "0\r\n\rX"sv,
       }) {
    EXPECT_EQ(Decode(bytes).state, State::kMalformed) << testing::PrintToString(bytes);
    EXPECT_EQ(Decode(bytes, {1}).state, State::kMalformed) << testing::PrintToString(bytes);
  }
}

TEST(ChunkedDecoder, WaitsForTheWholeBody) {
  const std::string_view bytes = "3;x\r\nabc\r\n0\r\nT: x\r\n\r\n";
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Decode(bytes.substr(0, size)).state, State::kIncomplete) << size;
  }
}

TEST(ChunkedDecoder, EnforcesTheBodyLimit) {
  EXPECT_EQ(Decode("5\r\nabcde\r\n0\r\n\r\n", {}, 5).state, State::kComplete);
  EXPECT_EQ(Decode("6\r\n", {}, 5).state, State::kTooLarge);
  EXPECT_EQ(Decode("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", {}, 5).state, State::kComplete);
  EXPECT_EQ(Decode("3\r\nabc\r\n3\r\n", {}, 5).state, State::kTooLarge);
  EXPECT_EQ(Decode("FFFFFFFF\r\n", {}, 5).state, State::kTooLarge);
  EXPECT_EQ(Decode("0\r\n\r\n", {}, 0).state, State::kComplete);
}

std::string InChunksOf(std::size_t size, std::string_view body) {
  std::string bytes;
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    const std::string_view chunk = body.substr(0, size);
    char line[24];
    std::snprintf(line, sizeof line, "%zx\r\n", chunk.size());
    bytes += line + std::string(chunk) + "\r\n";
  }
  return bytes + "0\r\n\r\n";
}

TEST(ChunkedDecoder, ReadsTheLargestBodyInOneByteChunks) {
  const std::string body(64 << 10, 'x');
  const Decoded decoded = Decode(InChunksOf(1, body));
  EXPECT_EQ(decoded.state, State::kComplete);
  EXPECT_EQ(decoded.body, body);
}

TEST(ChunkedDecoder, LimitsFramingOverhead) {
  EXPECT_EQ(Decode("3;" + std::string(3000, 'x') + "\r\nabc\r\n0\r\n\r\n").state, State::kComplete);
  EXPECT_EQ(Decode("3;" + std::string(5000, 'x')).state, State::kMalformed);
  EXPECT_EQ(Decode("0\r\nX: " + std::string(5000, 'x')).state, State::kMalformed);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 400; ++i) trailers += "X: " + std::string(2000, 'x') + "\r\n";
  EXPECT_EQ(Decode(trailers).state, State::kMalformed);
  std::string extensions;
  for (int i = 0; i < 400; ++i) extensions += "1;" + std::string(2000, 'x') + "\r\nx\r\n";
  EXPECT_EQ(Decode(extensions).state, State::kMalformed);
}

rc::Gen<std::vector<std::size_t>> AnyPieces() {
  return rc::gen::nonEmpty(
      rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(1, 12)));
}

RC_GTEST_PROP(ChunkedDecoder, ReadsAnyBodyInAnyPieces, (std::string body, std::string rest)) {
  const std::string bytes = InChunksOf(*rc::gen::inRange<std::size_t>(1, 20), body) + rest;
  const Decoded decoded = Decode(bytes, *AnyPieces());
  RC_ASSERT(decoded.state == State::kComplete);
  RC_ASSERT(decoded.body == body);
  RC_ASSERT(decoded.rest == rest);
}

RC_GTEST_PROP(ChunkedDecoder, GivesTheSameResultInAnyPieces, ()) {
  std::string bytes = InChunksOf(3, "abcdefgh") + "next";
  const auto edits = *rc::gen::inRange(0, 4);
  for (int i = 0; i < edits; ++i) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] =
        *rc::gen::elementOf(std::string("\r\n0123aF; :\0\x7F", 14));
  }
  const Decoded whole = Decode(bytes, {}, 7);
  const Decoded pieces = Decode(bytes, *AnyPieces(), 7);
  RC_ASSERT(whole.state == pieces.state);
  RC_ASSERT(whole.body == pieces.body);
  RC_ASSERT(whole.rest == pieces.rest);
}

}  // namespace
}  // namespace users::net
