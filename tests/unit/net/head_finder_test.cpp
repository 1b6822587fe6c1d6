// HeadFinder: finds the end of a head in bytes that arrive in any pieces.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_head.h"

namespace users::net {
namespace {

using namespace std::string_view_literals;
using State = HeadFinder::State;

constexpr std::string_view kHead = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

struct Found {
  State state = State::kIncomplete;
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Found&) const = default;
};

Found Result(const HeadFinder& finder, State state) {
  if (state != State::kComplete) return {state, 0, 0};
  return {state, finder.begin(), finder.end()};
}

Found CheckNow(std::string_view bytes) {
  HeadFinder finder;
  const State state = finder.Scan(bytes);
  return Result(finder, state);
}

// Feeds the bytes in pieces that end at these positions.
Found LookInPieces(std::string_view bytes, const std::vector<std::size_t>& ends) {
  HeadFinder finder;
  for (const std::size_t end : ends) {
    const State state = finder.Scan(bytes.substr(0, end));
    if (state != State::kIncomplete) return Result(finder, state);
  }
  const State state = finder.Scan(bytes);
  return Result(finder, state);
}

Found LookByteByByte(std::string_view bytes) {
  std::vector<std::size_t> ends;
  for (std::size_t end = 0; end <= bytes.size(); ++end) ends.push_back(end);
  return LookInPieces(bytes, ends);
}

TEST(HeadFinder, FindsTheEmptyLine) {
  EXPECT_EQ(CheckNow(kHead), (Found{State::kComplete, 0, kHead.size()}));
  EXPECT_EQ(CheckNow(std::string(kHead) + "body\r\n\r\nmore\n"),
            (Found{State::kComplete, 0, kHead.size()}));
  EXPECT_EQ(CheckNow("GET / HTTP/1.0\r\n\r\n"), (Found{State::kComplete, 0, 18}));
  for (std::size_t size = 0; size < kHead.size(); ++size) {
    EXPECT_EQ(CheckNow(kHead.substr(0, size)).state, State::kIncomplete) << size;
  }
}

TEST(HeadFinder, SkipsTwoEmptyLinesBeforeAHead) {
  const std::string head(kHead);
  EXPECT_EQ(CheckNow("\r\n" + head), (Found{State::kComplete, 2, 2 + head.size()}));
  EXPECT_EQ(CheckNow("\r\n\r\n" + head), (Found{State::kComplete, 4, 4 + head.size()}));
  EXPECT_EQ(CheckNow("\r\n\r\n\r\n" + head).state, State::kMalformed);
  EXPECT_EQ(CheckNow("\r\n").state, State::kIncomplete);
}

TEST(HeadFinder, RejectsABareCrOrLfImmediately) {
  for (const std::string_view bytes : {
           "\n"sv,
           "\nGET"sv,
           "\r\n\n"sv,
           "\rG"sv,
           "\r\r"sv,
           "GET / HTTP/1.1\n"sv,
           "GET / HTTP/1.1\rHost"sv,
           "GET / HTTP/1.1\r\r\n"sv,
           "GET /\r HTTP/1.1\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\n"sv,
           "GET / HTTP/1.1\r\nHost: x\n\r\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\n\n"sv,
           "GET / HTTP/1.1\r\nHost: x\r\n\rX"sv,
           "GET / HTTP/1.1\r\nHost: \rx\r\n"sv,
           "GET / HTTP/1.1\n\n"sv,
       }) {
    EXPECT_EQ(CheckNow(bytes).state, State::kMalformed) << testing::PrintToString(bytes);
    EXPECT_EQ(LookByteByByte(bytes).state, State::kMalformed) << testing::PrintToString(bytes);
  }
  EXPECT_EQ(CheckNow("GET / HTTP/1.1\r").state, State::kIncomplete);
}

// Returns a request line of this many bytes, its line end included.
std::string RequestLine(std::size_t bytes) {
  const std::string rest = "GET / HTTP/1.1\r\n";
  return "GET /" + std::string(bytes - rest.size(), 'a') + " HTTP/1.1\r\n";
}

// Returns header lines and the empty line, of this many bytes in total.
std::string HeaderSection(std::size_t bytes) {
  std::string section = "Host: x\r\n";
  while (bytes - section.size() > 2000) section += "X: " + std::string(995, 'v') + "\r\n";
  return section + "Y: " + std::string(bytes - section.size() - 7, 'v') + "\r\n\r\n";
}

TEST(HeadFinder, EnforcesTheContractLimits) {
  struct Case {
    std::size_t line;
    std::size_t section;
    State state;
  };
  const Case cases[] = {
      {100, 10'240, State::kComplete},
      {100, kMaxHeaderSectionBytes, State::kComplete},
      {100, kMaxHeaderSectionBytes + 1, State::kTooLarge},
      {100, 1 << 20, State::kTooLarge},
      {8'192, 10'240, State::kComplete},
      {kMaxRequestLineBytes, 10'240, State::kComplete},
      {kMaxRequestLineBytes, kMaxHeaderSectionBytes, State::kComplete},
      {kMaxRequestLineBytes + 1, 100, State::kTooLarge},
      {1 << 20, 100, State::kTooLarge},
  };
  for (const Case& test : cases) {
    const std::string bytes = RequestLine(test.line) + HeaderSection(test.section);
    ASSERT_EQ(bytes.size(), test.line + test.section);
    EXPECT_EQ(CheckNow(bytes).state, test.state) << test.line << " " << test.section;
    if (bytes.size() < 100'000) {
      EXPECT_EQ(LookByteByByte(bytes), CheckNow(bytes)) << test.line << " " << test.section;
    }
  }
}

TEST(HeadFinder, RejectsOverlongLinesBeforeTheyEnd) {
  EXPECT_EQ(CheckNow(std::string(16'384, 'a')).state, State::kIncomplete);
  EXPECT_EQ(CheckNow(std::string(16'385, 'a')).state, State::kTooLarge);
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(CheckNow(line + std::string(16'384, 'a')).state, State::kIncomplete);
  EXPECT_EQ(CheckNow(line + std::string(16'385, 'a')).state, State::kTooLarge);
}

// Bytes that form complete and partial heads.
rc::Gen<std::string> AnyBytes() {
  const auto piece = rc::gen::weightedElement<std::string>({{4, "\r\n"},
                                                            {2, "\r\n\r\n"},
                                                            {1, "\r"},
                                                            {1, "\n"},
                                                            {4, "GET / HTTP/1.1"},
                                                            {4, "Host: x"},
                                                            {2, "a"},
                                                            {1, std::string(1, '\0')}});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string bytes;
                        for (const std::string& one : pieces) bytes += one;
                        return bytes;
                      });
}

TEST(HeadFinder, LimitsTheNumberOfFields) {
  const auto head = [](std::size_t fields) {
    std::string bytes = "GET / HTTP/1.1\r\n";
    for (std::size_t i = 0; i < fields; ++i) bytes += "a:\r\n";
    return bytes + "\r\n";
  };
  EXPECT_EQ(CheckNow(head(kMaxHeaderFields)).state, State::kComplete);
  EXPECT_EQ(CheckNow(head(kMaxHeaderFields + 1)).state, State::kTooLarge);
  EXPECT_EQ(LookByteByByte(head(kMaxHeaderFields + 1)).state, State::kTooLarge);
}

RC_GTEST_PROP(HeadFinder, GivesTheSameResultByteByByte, ()) {
  const std::string bytes = *AnyBytes();
  RC_ASSERT(LookByteByByte(bytes) == CheckNow(bytes));
}

RC_GTEST_PROP(HeadFinder, GivesTheSameResultInAnyPieces, ()) {
  const std::string bytes = *AnyBytes();
  auto ends = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
  std::sort(ends.begin(), ends.end());
  RC_ASSERT(LookInPieces(bytes, ends) == CheckNow(bytes));
}

// A complete head followed by other bytes is found in the same place in any pieces.
RC_GTEST_PROP(HeadFinder, FindsTheSameHeadInAnyPieces, ()) {
  const std::string bytes = "\r\n" + std::string(kHead) + *AnyBytes();
  auto ends = *rc::gen::container<std::vector<std::size_t>>(
      rc::gen::inRange<std::size_t>(0, bytes.size() + 1));
  std::sort(ends.begin(), ends.end());
  RC_ASSERT(LookInPieces(bytes, ends) == (Found{State::kComplete, 2, 2 + kHead.size()}));
}

}  // namespace
}  // namespace users::net
