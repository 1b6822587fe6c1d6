#include "net/chunked.h"

#include <algorithm>

#include "base/text/text.h"

namespace users::net {
namespace {

// A client that sends each byte in its own chunk needs 5 bytes for it. Anything more only
// keeps the server busy.
constexpr std::size_t kMaxFramingBytes = 512 << 10;
constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kMaxSizeDigits = 8;

bool IsVisible(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
}

}  // namespace

// Returns true when `line_` holds a whole line, without its CRLF.
bool ChunkedDecoder::ReadLine(std::string_view& input, bool& malformed) {
  while (!input.empty()) {
    const char c = input.front();
    input.remove_prefix(1);
    if (++framing_bytes_ > kMaxFramingBytes || line_.size() > kMaxLineBytes) malformed = true;
    const bool after_cr = line_.ends_with('\r');
    if (c == '\n' && after_cr) {
      line_.pop_back();
      return !malformed;
    }
    if (after_cr || (c != '\r' && !IsVisible(c))) malformed = true;
    if (malformed) return false;
    line_.push_back(c);
  }
  return false;
}

bool ChunkedDecoder::ReadSize() {
  std::size_t digits = 0;
  left_ = 0;
  while (digits < line_.size() && HexDigitValue(line_[digits]) >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(HexDigitValue(line_[digits]));
    if (++digits > kMaxSizeDigits) return false;
  }
  if (digits == 0) return false;
  // The rest is a chunk extension, possibly after white space.
  const std::size_t next = line_.find_first_not_of(" \t", digits);
  return next == std::string::npos ? digits == line_.size() : line_[next] == ';';
}

ChunkedDecoder::State ChunkedDecoder::Decode(std::string_view& input, std::string& body) {
  bool malformed = false;
  while (true) {
    switch (step_) {
      case Step::kSize:
        if (!ReadLine(input, malformed)) break;
        if (!ReadSize()) return State::kMalformed;
        line_.clear();
        if (body.size() + left_ > max_) return State::kTooLarge;
        step_ = left_ == 0 ? Step::kTrailer : Step::kData;
        continue;
      case Step::kData: {
        const std::size_t taken =
            static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        body.append(input.substr(0, taken));
        input.remove_prefix(taken);
        left_ -= taken;
        if (left_ > 0) break;
        step_ = Step::kDataEnd;
        continue;
      }
      case Step::kDataEnd:
        if (!ReadLine(input, malformed)) break;
        if (!line_.empty()) return State::kMalformed;
        step_ = Step::kSize;
        continue;
      case Step::kTrailer: {
        if (!ReadLine(input, malformed)) break;
        if (line_.empty()) return State::kComplete;
        const std::size_t colon = line_.find(':');
        if (colon == std::string::npos || colon == 0 || line_[0] == ' ' || line_[0] == '\t') {
          return State::kMalformed;
        }
        line_.clear();
        continue;
      }
    }
    return malformed ? State::kMalformed : State::kIncomplete;
  }
}

}  // namespace users::net
