#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// Shared parts of the fuzz targets. A target passes arbitrary bytes to our parsers and aborts if
// one of the promises in their headers is broken. Inputs are text wherever the parsed format is
// text, so that seeds are readable. Other parameters of a target precede the text in lines of their
// own.
namespace users::fuzz {

// Ends the program if the condition is false. libFuzzer then writes the input to a file.
#define PROMISE(condition)                                                                 \
  do {                                                                                     \
    if (!(condition)) {                                                                    \
      std::fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                        \
    }                                                                                      \
  } while (false)

inline std::string_view AsInput(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Removes the first line and returns it without its newline. The last line needs no newline.
inline std::string_view TakeLine(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  return line;
}

// Returns where `size` bytes are split. The bytes of `lengths` determine the lengths of the pieces,
// repeated in turn. The last end is `size`.
inline std::vector<std::size_t> EndsOfPieces(std::string_view lengths, std::size_t size) {
  std::vector<std::size_t> ends;
  std::size_t end = 0;
  for (std::size_t i = 0; !lengths.empty() && end < size; ++i) {
    end += 1 + static_cast<unsigned char>(lengths[i % lengths.size()]);
    if (end < size) ends.push_back(end);
  }
  ends.push_back(size);
  return ends;
}

}  // namespace users::fuzz
