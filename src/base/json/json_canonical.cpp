// The canonical form (RFC 8785).
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>

#include "base/json/json.h"

namespace users::json {
namespace {

// Compares as UTF-16 code units do: U+10000 and above (surrogates, from D800) sort before
// U+E000-FFFF. UTF-8 bytes sort as code points do. The first byte that differs therefore decides,
// except when it is EE or EF (U+E000-FFFF) in one text and F0 to F4 in the other.
bool LessInUtf16(std::string_view a, std::string_view b) {
  const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (x == a.end() || y == b.end()) return y != b.end();
  const auto p = static_cast<unsigned char>(*x);
  const auto q = static_cast<unsigned char>(*y);
  const auto is_above_surrogates = [](unsigned char byte) { return byte == 0xEE || byte == 0xEF; };
  if (is_above_surrogates(p) && q >= 0xF0) return false;
  if (is_above_surrogates(q) && p >= 0xF0) return true;
  return p < q;
}

// ECMAScript's Number::toString (ECMA-262, section 6.1.6.1.20).
void AppendDouble(std::string& out, double value) {
  if (value == 0) {
    out += '0';
    return;
  }
  if (value < 0) {
    out += '-';
    value = -value;
  }
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::string_view exponent_text = text.substr(text[e + 1] == '+' ? e + 2 : e + 1);
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // position of the decimal point, counted in digits
  if (point >= count && point <= 21) {
    out += digits;
    out.append(static_cast<std::size_t>(point - count), '0');
  } else if (point > 0 && point <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(point));
  } else if (point > -6 && point <= 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-point), '0');
    out += digits;
  } else {
    out += digits[0];
    if (count > 1) out += '.' + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    out += std::to_string(exponent < 0 ? -exponent : exponent);
  }
}

void AppendValue(std::string& out, const bj::value& value);

// Writes an object from members that are pairs of a name and a value.
template <class Members, class NameOf, class Write>
void AppendSorted(std::string& out, const Members& members, NameOf name_of, Write write_value) {
  using Member = typename Members::value_type;
  const auto less = [&](const Member& a, const Member& b) {
    return LessInUtf16(name_of(a), name_of(b));
  };
  const auto write = [&, first = true](const Member& member) mutable {
    if (!first) out.push_back(',');
    first = false;
    AppendString(out, name_of(member));
    out.push_back(':');
    write_value(member);
  };
  out.push_back('{');
  if (std::is_sorted(members.begin(), members.end(), less)) {  // the usual case
    std::for_each(members.begin(), members.end(), write);
  } else {
    std::vector<std::reference_wrapper<const Member>> sorted(members.begin(), members.end());
    std::sort(sorted.begin(), sorted.end(), less);
    std::for_each(sorted.begin(), sorted.end(), write);
  }
  out.push_back('}');
}

void AppendValue(std::string& out, const bj::value& value) {
  switch (value.kind()) {
    case bj::kind::null:
      out += "null";
      break;
    case bj::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case bj::kind::int64:
    case bj::kind::uint64:
      // JCS has only doubles. Whole numbers below 2^53 are the same in both types.
      AppendDouble(out, value.to_number<double>());
      break;
    case bj::kind::double_:
      AppendDouble(out, value.get_double());
      break;
    case bj::kind::string:
      AppendString(out, value.get_string());
      break;
    case bj::kind::array: {
      out += '[';
      bool first = true;
      for (const auto& element : value.get_array()) {
        if (!first) out += ',';
        first = false;
        AppendValue(out, element);
      }
      out += ']';
      break;
    }
    case bj::kind::object:
      AppendSorted(
          out, value.get_object(), [](const auto& member) { return member.key(); },
          [&](const auto& member) { AppendValue(out, member.value()); });
      break;
  }
}

}  // namespace

std::string Canonical(const bj::value& value) {
  std::string out;
  AppendValue(out, value);
  return out;
}

void AppendTexts(std::string& out, const std::map<std::string, std::string>& members) {
  AppendSorted(
      out, members, [](const auto& member) { return std::string_view(member.first); },
      [&](const auto& member) { AppendString(out, member.second); });
}

void AppendTexts(std::string& out,
                 const std::map<std::string, std::optional<std::string>>& members) {
  AppendSorted(
      out, members, [](const auto& member) { return std::string_view(member.first); },
      [&](const auto& member) {
        if (member.second) {
          AppendString(out, *member.second);
        } else {
          out += "null";
        }
      });
}

}  // namespace users::json
