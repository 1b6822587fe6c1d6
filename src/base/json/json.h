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

// A parsed text, and the paths of the repeated members ("metadata.colour"; elements of arrays as
// "roles[2].name"), each listed once. The value keeps the last occurrence of a member.
struct Parsed {
  bj::value value;
  std::vector<std::string> repeated;
};

// The position and the reason of a syntax error. The message quotes nothing of the text and does not
// name its source. The caller adds that ("body", a path).
struct ParseError {
  std::size_t offset = 0;  // in bytes
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // from 1, in code points
  std::string message;
};

// Parses one JSON text strictly as RFC 8259: valid UTF-8, no trailing bytes, at most 32 levels
// deep. boost::json::parse silently keeps the last of repeated members; this function reports them.
// The reported paths are in total no longer than the text. A number beyond the range of a double
// becomes the greatest double of its sign, so that the reader of the field can report what is
// wrong. A byte order mark and UTF-16 have specific messages.
Result<Parsed, ParseError> Parse(std::string_view text);

// Parses a file that this service or an operator wrote. A repeated member is an error too. Errors
// are kValidation: the field is "the file" for a syntax error, with line and column in the message,
// and otherwise the path of the repeated member.
Result<bj::value> ParseFile(std::string_view text);

// Returns the string member of this name, or nothing if it is absent or not a string. A view into
// the object.
std::optional<std::string_view> FindString(const bj::object& object, std::string_view name);

// Appends a JSON string with its quotes, escaped as RFC 8785 requires, which is the shortest form.
// Bytes that are not UTF-8 (as in paths and arguments) become U+FFFD, so that the result is always
// JSON.
void AppendString(std::string& out, std::string_view utf8);

// Appends the canonical form (see below) of an object of strings. Metadata is shown and hashed in
// this form.
void AppendTexts(std::string& out, const std::map<std::string, std::string>& members);
// The same for an object of strings and nulls.
void AppendTexts(std::string& out,
                 const std::map<std::string, std::optional<std::string>>& members);

// Appends `["a","b"]`.
void AppendStringArray(std::string& out, const std::vector<std::string>& values);

// Returns the canonical form of a value (RFC 8785, JCS): members sorted by UTF-16 code units, no
// white space, numbers as ECMAScript writes them.
std::string Canonical(const bj::value& value);

class ArrayWriter;

// Writes one object, member after member, into a text. Names are literals that need no escaping.
// Nested objects and arrays are written into the same text and closed before the next member.
//   ObjectWriter writer(out);
//   writer.String("code", code);
//   writer.Close();
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_.push_back('{'); }

  // Write a member of the type that the function names.
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
  void Texts(std::string_view name, const std::map<std::string, std::string>& members) {
    Name(name);
    AppendTexts(out_, members);
  }
  // Writes a member whose value is JSON already.
  void Raw(std::string_view name, std::string_view text) {
    Name(name);
    out_ += text;
  }
  // Start a nested object or array.
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
  // Does the same for a name that may need escaping.
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

  // Writes a string element.
  void String(std::string_view value) {
    Next();
    AppendString(out_, value);
  }
  // Writes an element that is JSON already.
  void Raw(std::string_view text) {
    Next();
    out_ += text;
  }
  // Starts a nested object.
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
