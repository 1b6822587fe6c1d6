#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/header_field.h"

// The head of an HTTP/1 request (RFC 9112), read strictly: what two programs could read in two ways
// is rejected. Views point into the buffer that was parsed.
namespace users::net {

// What methods and names of fields are made of, and what values of fields may hold (RFC 9110,
// sections 5.6.2 and 5.5).
bool IsToken(std::string_view text);
bool IsFieldValue(std::string_view text);

struct RequestHead {
  std::string_view method;
  std::string_view path;   // of the target, still encoded; "*" for the asterisk form
  std::string_view query;  // without the `?`, still encoded
  std::optional<std::string_view> authority;  // of the absolute form; `Host` says the same
  int minor_version = 1;                      // HTTP/1.x
  std::vector<HeaderField> fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;

  // The value of the first field of this name (any letter case).
  std::optional<std::string_view> Find(std::string_view name) const;
  std::size_t Count(std::string_view name) const;
  // The values of all fields of this name.
  std::vector<std::string_view> All(std::string_view name) const;
  // All values of this name, joined by ", " (RFC 9110, section 5.3); nothing if there are none.
  std::optional<std::string> Joined(std::string_view name) const;
};

inline constexpr std::size_t kMaxRequestLineBytes = 16 << 10;
inline constexpr std::size_t kMaxHeaderSectionBytes = 16 << 10;
inline constexpr std::size_t kMaxHeaderFields = 2'560;  // what 10,240 bytes can hold

// Where the head ends in bytes that arrive piece by piece.
class HeadFinder {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };

  // `bytes` are all since the beginning of the head; what was looked at before is not looked at
  // again. A bare CR or LF is malformed as soon as it is there.
  State Scan(std::string_view bytes);

  // After kComplete: the size of the head, its empty line included, and of the empty lines before
  // it; the number of its fields.
  std::size_t end() const { return end_; }
  std::size_t begin() const { return begin_; }
  std::size_t fields() const { return fields_; }

 private:
  std::size_t begin_ = 0;
  std::size_t line_ = 0;  // where the line that is being read begins
  std::size_t first_line_end_ = 0;
  std::size_t fields_ = 0;
  std::size_t looked_at_ = 0;
  std::size_t end_ = 0;
};

// Parses a whole head, from begin() to end(). False if it breaks the rules; `head` is then
// undefined.
bool ParseRequestHead(std::string_view text, RequestHead& head);

// What its sender may be told of a head that is malformed or too large: those of its fields that
// can be read, and nothing else. Never for serving it.
void ParseReadableFields(std::string_view bytes, RequestHead& head);

}  // namespace users::net
