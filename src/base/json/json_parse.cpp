#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/json/json.h"
#include "base/text/text.h"

namespace users::json {
namespace {

constexpr std::size_t kMaxDepth = 32;

// Builds the value with boost's own stack and remembers the names of each open object.
class Handler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bj::value_stack stack;
  std::vector<std::string> repeated;
  std::size_t max_reported_bytes = 0;

  bool on_document_begin(bj::error_code&) {
    stack.reset();
    return true;
  }
  bool on_document_end(bj::error_code&) { return true; }

  bool on_object_begin(bj::error_code&) {
    Open(/*is_object=*/true);
    return true;
  }
  bool on_object_end(std::size_t size, bj::error_code&) {
    ReportRepeated(levels_.back().names);
    levels_.pop_back();
    stack.push_object(size);
    return true;
  }
  bool on_array_begin(bj::error_code&) {
    Open(/*is_object=*/false);
    return true;
  }
  bool on_array_end(std::size_t size, bj::error_code&) {
    levels_.pop_back();
    stack.push_array(size);
    return true;
  }

  bool on_key_part(bj::string_view part, std::size_t, bj::error_code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(bj::string_view part, std::size_t, bj::error_code&) {
    key_.append(part.data(), part.size());
    stack.push_key(key_);
    levels_.back().names.push_back(std::move(key_));
    key_.clear();
    return true;
  }
  bool on_string_part(bj::string_view part, std::size_t, bj::error_code&) {
    stack.push_chars(part);
    return true;
  }
  bool on_string(bj::string_view part, std::size_t, bj::error_code&) {
    Element();
    stack.push_string(part);
    return true;
  }
  bool on_number_part(bj::string_view part, bj::error_code&) {
    number_.append(part.data(), part.size());
    return true;
  }
  bool on_int64(std::int64_t value, bj::string_view, bj::error_code&) {
    number_.clear();
    Element();
    stack.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, bj::string_view, bj::error_code&) {
    number_.clear();
    Element();
    stack.push_uint64(value);
    return true;
  }
  bool on_double(double value, bj::string_view part, bj::error_code&) {
    // Numbers from Boost 1.81 can be off by some units in the last place. RFC 8785 needs the
    // nearest double.
    number_.append(part.data(), part.size());
    const bool is_negative = number_.starts_with('-');
    double exact = value;
    const auto read = std::from_chars(number_.data(), number_.data() + number_.size(), exact);
    number_.clear();
    if (read.ec == std::errc()) value = exact;
    if (!std::isfinite(value)) {  // RFC 8785 has no form for infinity
      value = std::copysign(std::numeric_limits<double>::max(), is_negative ? -1.0 : 1.0);
    }
    Element();
    stack.push_double(value);
    return true;
  }
  bool on_bool(bool value, bj::error_code&) {
    Element();
    stack.push_bool(value);
    return true;
  }
  bool on_null(bj::error_code&) {
    Element();
    stack.push_null();
    return true;
  }
  bool on_comment_part(bj::string_view, bj::error_code&) { return true; }
  bool on_comment(bj::string_view, bj::error_code&) { return true; }

 private:
  struct Level {
    bool is_object;
    std::size_t elements = 0;        // of an array, so far
    std::vector<std::string> names;  // of an object, so far
  };

  void Open(bool is_object) {
    Element();
    levels_.push_back(Level{is_object, 0, {}});
  }

  void Element() {
    if (!levels_.empty() && !levels_.back().is_object) ++levels_.back().elements;
  }

  void ReportRepeated(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    for (std::size_t i = 1; i < names.size(); ++i) {
      const bool first_repeat = names[i] == names[i - 1] && (i < 2 || names[i] != names[i - 2]);
      if (first_repeat) Report(names[i]);
    }
  }

  // The first repeated name is always reported. Many names below a long one would make the report
  // far longer than the text.
  void Report(const std::string& name) {
    if (report_is_full_) return;
    std::string path = PathTo(name);
    reported_bytes_ += path.size();
    if (!repeated.empty() && reported_bytes_ > max_reported_bytes) {
      report_is_full_ = true;
      return;
    }
    repeated.push_back(std::move(path));
  }

  std::string PathTo(const std::string& name) const {
    std::string path;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      if (level.is_object) {
        if (!path.empty()) path += '.';
        path += level.names.back();
      } else {
        path += '[' + std::to_string(level.elements - 1) + ']';
      }
    }
    if (!path.empty()) path += '.';
    return path + name;
  }

  std::string key_;
  std::string number_;  // the earlier parts of a number
  std::vector<Level> levels_;
  std::size_t reported_bytes_ = 0;
  bool report_is_full_ = false;
};

bj::parse_options StrictOptions() {
  bj::parse_options options;
  options.max_depth = kMaxDepth;
  return options;
}

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

// The parser rejects exponents that do not fit into an int. Returns the text with zeros in place of
// their first digits, so that the number is still too large or too small and every offset stays the
// same.
std::string WithShortExponents(std::string_view text) {
  constexpr std::size_t kMaxDigits = 9;
  std::string shorter(text);
  bool in_string = false;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    if (in_string && shorter[i] == '\\') {
      ++i;
      continue;
    }
    if (shorter[i] == '"') in_string = !in_string;
    if (in_string || (shorter[i] != 'e' && shorter[i] != 'E')) continue;
    std::size_t begin = i + 1;
    if (begin < shorter.size() && (shorter[begin] == '+' || shorter[begin] == '-')) ++begin;
    const std::size_t end =
        std::min(shorter.find_first_not_of("0123456789", begin), shorter.size());
    const std::size_t first = std::min(shorter.find_first_not_of('0', begin), end);
    if (end - first > kMaxDigits) {
      std::fill(shorter.begin() + static_cast<std::ptrdiff_t>(first),
                shorter.begin() + static_cast<std::ptrdiff_t>(end - kMaxDigits), '0');
      std::fill(shorter.begin() + static_cast<std::ptrdiff_t>(end - kMaxDigits),
                shorter.begin() + static_cast<std::ptrdiff_t>(end), '9');
    }
    i = end - 1;
  }
  return shorter;
}

ParseError At(std::string_view text, std::size_t offset, std::string message) {
  const std::string_view before = text.substr(0, offset);
  const std::string_view in_line = before.substr(before.rfind('\n') + 1);  // npos + 1 is 0
  ParseError error;
  error.offset = offset;
  error.line += static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
  error.column +=
      static_cast<std::size_t>(std::count_if(in_line.begin(), in_line.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
      }));
  error.message = std::move(message);
  return error;
}

Result<Parsed, ParseError> ParseOnce(std::string_view text, bj::error_code& error) {
  bj::basic_parser<Handler> parser(StrictOptions());
  parser.handler().max_reported_bytes = text.size();
  const std::size_t used = parser.write_some(/*more=*/false, text.data(), text.size(), error);
  if (!error && used < text.size()) error = bj::error::extra_data;
  if (error) return At(text, used, error.message());
  Parsed parsed;
  parsed.value = parser.handler().stack.release();
  parsed.repeated = std::move(parser.handler().repeated);
  return parsed;
}

}  // namespace

Result<Parsed, ParseError> Parse(std::string_view text) {
  if (text.starts_with(kUtf8Mark)) {
    return At(text, 0, "it begins with a byte order mark; save it as UTF-8 without one");
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return At(text, 0, "it is UTF-16; save it as UTF-8");
  }
  bj::error_code error;
  auto parsed = ParseOnce(text, error);
  if (error != bj::error::exponent_overflow) return parsed;
  const std::string shorter = WithShortExponents(text);
  return ParseOnce(shorter, error);
}

Result<bj::value> ParseFile(std::string_view text) {
  auto parsed = Parse(text);
  if (!parsed.ok()) {
    const ParseError& error = parsed.error();
    return Error::Validation("the file", "is not valid JSON (" + error.message + " at line " +
                                             std::to_string(error.line) + ", column " +
                                             std::to_string(error.column) + ")");
  }
  if (!parsed->repeated.empty()) {
    return Error::Validation(parsed->repeated.front(), "occurs more than once");
  }
  return std::move(parsed->value);
}

std::optional<std::string_view> FindString(const bj::object& object, std::string_view name) {
  const bj::value* value = object.if_contains(name);
  const bj::string* text = value == nullptr ? nullptr : value->if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(*text);
}

}  // namespace users::json
