#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace users::net {

// Decodes a chunked body (RFC 9112, section 7.1), strictly. Chunk extensions and trailers are read
// and dropped. Not thread-safe.
class ChunkedDecoder {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };

  explicit ChunkedDecoder(std::size_t most_body_bytes) : most_(most_body_bytes) {}

  // Takes bytes from the front of `input`, all it can use, and appends what they carry to `body`.
  // After kComplete `input` is what follows the body.
  State Take(std::string_view& input, std::string& body);

 private:
  enum class Step { kSize, kData, kDataEnd, kTrailer };

  bool TakeLine(std::string_view& input, bool& malformed);
  bool ReadSize();

  const std::size_t most_;
  Step step_ = Step::kSize;
  std::string line_;               // the line that is being read
  std::uint64_t left_ = 0;         // bytes of the chunk still to come
  std::size_t framing_bytes_ = 0;  // all that was not data
};

}  // namespace users::net
