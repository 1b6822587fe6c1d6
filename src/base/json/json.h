#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace users::json {

namespace bj = boost::json;

// A parsed text, and the members that stood in it more than once, each named once by its path
// ("metadata.colour"; elements of arrays as "roles[2].name"). The value keeps the last of them.
struct Parsed {
  bj::value value;
  std::vector<std::string> repeated;
};

// Parses one JSON text (RFC 8259, strictly): valid UTF-8, no trailing bytes, at most 32 levels
// deep. boost::json::parse keeps the last of repeated members silently; this reports them, paths of
// as many bytes as the text has at most. A number beyond the range of a double becomes the greatest
// double of its sign, so that the reader of the field can say what is wrong with it. The error's
// message says at which byte the text went wrong; a byte order mark and UTF-16 have messages of
// their own.
Result<Parsed> Parse(std::string_view text);

// For files that we wrote or that an operator wrote: a repeated member is an error too, and a
// syntax error is reported by line and column.
Result<bj::value> ParseFile(std::string_view text);

// The string member of this name; nothing if there is none, or it is no string. A view into the
// object.
std::optional<std::string_view> FindString(const bj::object& object, std::string_view name);

// Appends a JSON string with its quotes, escaped as RFC 8785 demands, which is the shortest form.
// Bytes that are not UTF-8 (as in paths and arguments) become U+FFFD, so that the result always is
// JSON.
void AppendString(std::string& out, std::string_view utf8);

// An object of texts in the order of the map (bytes). The order in which metadata is stored and
// shown; what is hashed takes AppendCanonical.
void AppendTexts(std::string& out, const std::map<std::string, std::string>& members);

// `["a","b"]`.
void AppendStringArray(std::string& out, const std::vector<std::string>& values);

// The canonical form of a value (RFC 8785, JCS): members sorted by UTF-16 code units, no white
// space, numbers as ECMAScript writes them.
std::string Canonical(const bj::value& value);

// The same for an object of texts, or of texts and nulls, without building a value first.
void AppendCanonical(std::string& out, const std::map<std::string, std::string>& members);
void AppendCanonical(std::string& out,
                     const std::map<std::string, std::optional<std::string>>& members);

class ArrayWriter;

// Writes one object, member after member, into a text. Names are literals that need no escaping.
// Nested objects and arrays are written into the same text and closed before the next member.
//   ObjectWriter writer(out);
//   writer.String("code", code);
//   writer.Close();
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

  void String(std::string_view name, std::string_view value) {
    Name(name);
    AppendString(out_, value);
  }
  void Time(std::string_view name, Timestamp value) {
    Name(name);
    out_.push_back('"');
    AppendTimestamp(out_, value);
    out_.push_back('"');
  }
  void Number(std::string_view name, std::int64_t value) {
    Name(name);
    out_ += std::to_string(value);
  }
  void Bool(std::string_view name, bool value) { Raw(name, value ? "true" : "false"); }
  void Strings(std::string_view name, const std::vector<std::string>& values) {
    Name(name);
    AppendStringArray(out_, values);
  }
  // `text` is JSON already.
  void Raw(std::string_view name, std::string_view text) {
    Name(name);
    out_ += text;
  }
  ObjectWriter Object(std::string_view name) {
    Name(name);
    return ObjectWriter(out_);
  }
  ArrayWriter Array(std::string_view name);
  // Starts a member; the caller appends its value to the text.
  void Name(std::string_view name) {
    out_ += first_ ? "\"" : ",\"";
    first_ = false;
    out_ += name;
    out_ += "\":";
  }
  // The same with a name that may need escaping.
  void EscapedName(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    AppendString(out_, name);
    out_.push_back(':');
  }
  void Close() { out_.push_back('}'); }

 private:
  std::string& out_;
  bool first_ = true;
};

// Writes one array, element after element, into a text.
class ArrayWriter {
 public:
  explicit ArrayWriter(std::string& out) : out_(out) { out_.push_back('['); }

  void String(std::string_view value) {
    Next();
    AppendString(out_, value);
  }
  // `text` is JSON already.
  void Raw(std::string_view text) {
    Next();
    out_ += text;
  }
  ObjectWriter Object() {
    Next();
    return ObjectWriter(out_);
  }
  // Starts an element; the caller appends it to the text.
  void Next() {
    if (!first_) out_.push_back(',');
    first_ = false;
  }
  void Close() { out_.push_back(']'); }

 private:
  std::string& out_;
  bool first_ = true;
};

inline ArrayWriter ObjectWriter::Array(std::string_view name) {
  Name(name);
  return ArrayWriter(out_);
}

}  // namespace users::json
