#pragma once

#include <rapidcheck.h>

#include <string>
#include <vector>

namespace users::testing {

// Appends a code point as UTF-8.
inline void AppendUtf8(std::string& out, char32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((point >> shift) & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Generates any valid UTF-8. It prefers characters that JSON escapes and characters that UTF-16
// sorts differently from UTF-8.
inline rc::Gen<std::string> AnyUtf8() {
  const auto range = [](char32_t first, char32_t last) {
    return rc::gen::inRange<char32_t>(first, last + 1);
  };
  const auto point =
      rc::gen::oneOf(range('a', 'c'), range(0, 0x7F), rc::gen::element(U'"', U'\\'),
                     range(0x80, 0xD7FF), range(0xE000, 0xFFFF), range(0x10000, 0x10FFFF));
  return rc::gen::map(rc::gen::container<std::vector<char32_t>>(point),
                      [](const std::vector<char32_t>& points) {
                        std::string text;
                        for (const char32_t each : points) AppendUtf8(text, each);
                        return text;
                      });
}

}  // namespace users::testing
