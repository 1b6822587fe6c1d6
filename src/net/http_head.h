#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/header_fields.h"

// The head of an HTTP/1 request (RFC 9112), parsed strictly: anything that two programs could read
// in two ways is rejected. Views point into the buffer that was parsed. Functions are thread-safe.
namespace users::net {

// Return whether the text can be a method or a field name (a token), or a field value (RFC 9110,
// sections 5.6.2 and 5.5).
bool IsToken(std::string_view text);
bool IsFieldValue(std::string_view text);

// A parsed head.
struct RequestHead {
  std::string_view method;
  std::string_view path;   // of the target, still encoded; "*" for the asterisk form
  std::string_view query;  // without the `?`, still encoded
  std::optional<std::string_view> authority;  // of the absolute form; equal to `Host`
  int minor_version = 1;                      // HTTP/1.x
  HeaderFields fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
  bool expects_continue = false;
  bool keep_alive = true;

  // Returns the value of the first field with this name, in any letter case.
  std::optional<std::string_view> Find(std::string_view name) const;
  // Returns the number of fields with this name.
  std::size_t Count(std::string_view name) const { return fields.Named(name).size(); }
  // Returns all values of this name, joined by ", " (RFC 9110, section 5.3); nothing if there are
  // none.
  std::optional<std::string> Joined(std::string_view name) const;
};

inline constexpr std::size_t kMaxRequestLineBytes = 16 << 10;
inline constexpr std::size_t kMaxHeaderSectionBytes = 16 << 10;
inline constexpr std::size_t kMaxHeaderFields = 2'560;  // the max number in 10,240 bytes

// Finds the end of a head in bytes that arrive in pieces. Not thread-safe.
class HeadFinder {
 public:
  enum class State { kIncomplete, kComplete, kMalformed, kTooLarge };

  // Scans the bytes since the beginning of the head. Bytes that were scanned before are not scanned
  // again. A bare CR or LF is malformed as soon as it arrives.
  State Scan(std::string_view bytes);

  // After kComplete: return the size of the head including its empty line and any empty lines
  // before it, and the number of its fields.
  std::size_t end() const { return end_; }
  std::size_t begin() const { return begin_; }
  std::size_t fields() const { return fields_; }

 private:
  std::size_t begin_ = 0;
  std::size_t line_ = 0;  // the start of the line that is being read
  std::size_t first_line_end_ = 0;
  std::size_t fields_ = 0;
  std::size_t looked_at_ = 0;
  std::size_t end_ = 0;
};

// Parses a whole head, from begin() to end(). Returns false if it breaks the rules; `head` is then
// undefined.
bool ParseRequestHead(std::string_view text, RequestHead& head);

// Parses the fields that can be read of a head that is malformed or too large, and nothing else.
// Use it for the error response only, never to serve the request.
void ParseReadableFields(std::string_view bytes, RequestHead& head);

}  // namespace users::net
