#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// What the fuzz targets share. A target takes any bytes, gives them to our parsers, and aborts as
// soon as one of the promises in their headers is broken. Inputs are text wherever what is parsed
// is text, so that seeds can be read: what else a target needs stands in lines before it.
namespace users::fuzz {

// Ends the program unless the condition holds; libFuzzer then writes the input to a file.
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

// Removes the line in front and returns it without its newline; the last one needs none.
inline std::string_view TakeLine(std::string_view& input) {
  const std::size_t end = input.find('\n');
  const std::string_view line = input.substr(0, end);
  input.remove_prefix(end == input.npos ? input.size() : end + 1);
  return line;
}

// Where `size` bytes are cut: the pieces are as long as the bytes of `lengths` say, over and over.
// The last end is `size`.
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
