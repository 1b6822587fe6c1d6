#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace users::net {

// Decodes a chunked body (RFC 9112, section 7.1) strictly. Chunk extensions and trailers are read
// and dropped. Not thread-safe.
class ChunkedDecoder {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };
  // kTooLarge: the body would exceed the limit.

  // Rejects bodies of more than `max_body_bytes`.
  explicit ChunkedDecoder(std::size_t max_body_bytes) : max_(max_body_bytes) {}

  // Removes as many bytes from the front of `input` as it can use, and appends their data to
  // `body`. After kComplete, `input` holds the bytes after the body.
  State Decode(std::string_view& input, std::string& body);

 private:
  enum class Step { kSize, kData, kDataEnd, kTrailer };

  bool ReadLine(std::string_view& input, bool& malformed);
  bool ReadSize();

  const std::size_t max_;
  Step step_ = Step::kSize;
  std::string line_;               // the line being read
  std::uint64_t left_ = 0;         // bytes of the chunk that are still missing
  std::size_t framing_bytes_ = 0;  // all bytes that are not data
};

}  // namespace users::net
