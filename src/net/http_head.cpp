#include "net/http_head.h"

#include <algorithm>
#include <array>

#include "base/text/text.h"

namespace users::net {
namespace {

constexpr std::size_t kMaxLeadingEmptyLines = 4;  // bytes: two line ends (RFC 9112, section 2.2)

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<std::size_t>(c)] = true;
  return table;
}();

// Removes the line at the front, including its CRLF, and returns it. The text must contain a line.
std::string_view TakeLine(std::string_view& text) {
  const std::size_t end = text.find("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return line;
}

// Parses the origin form, the absolute form or "*" (RFC 9112, section 3.2).
bool ParseTarget(std::string_view target, RequestHead& head) {
  if (!IsVisibleAscii(target) || target.find('#') != target.npos) return false;
  if (target == "*") {
    head.path = target;
    head.query = {};
    return true;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() > scheme.size() &&
        EqualIgnoringAsciiCase(target.substr(0, scheme.size()), scheme)) {
      target.remove_prefix(scheme.size());
      const std::size_t authority = std::min(target.find_first_of("/?"), target.size());
      if (authority == 0) return false;
      head.authority = target.substr(0, authority);
      target.remove_prefix(authority);
      if (target.empty()) target = "/";
      if (target.starts_with('?')) {
        head.path = "/";
        head.query = target.substr(1);
        return true;
      }
      break;
    }
  }
  if (!target.starts_with('/')) return false;
  const std::size_t question = target.find('?');
  head.path = target.substr(0, question);
  head.query = question == target.npos ? std::string_view() : target.substr(question + 1);
  return true;
}

bool ParseRequestLine(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last) return false;
  head.method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(head.method)) return false;
  if (version.size() != 8 || !version.starts_with("HTTP/1.") || version[7] < '0' ||
      version[7] > '9') {
    return false;
  }
  head.minor_version = version[7] - '0';
  return ParseTarget(line.substr(first + 1, last - first - 1), head);
}

bool ParseField(std::string_view line, RequestHead& head) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = TrimWhiteSpace(line.substr(colon + 1));
  // A folded line begins with white space, which is not part of a token.
  if (!IsToken(name) || !IsFieldValue(value)) return false;
  head.fields.Add(HeaderField{name, value});
  return true;
}

// Returns whether the text has only characters of a host or a port (RFC 3986, sections 3.2.2 and
// 3.2.3).
bool IsHost(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (kTokenCharacters[static_cast<unsigned char>(c)] && c != '#' && c != '^' && c != '`' &&
            c != '|') ||
           std::string_view("()=,;:[]").find(c) != std::string_view::npos;
  });
}

// Clears all members, so that none points into the buffer of an earlier head.
void Clear(RequestHead& head) {
  head.method = head.path = head.query = {};
  head.fields.Clear();
  head.authority.reset();
  head.content_length.reset();
  head.chunked = false;
  head.expects_continue = false;
}

// Determines the framing of the body, and rejects every head that frames it twice.
bool ParseFraming(RequestHead& head) {
  const std::size_t lengths = head.Count("Content-Length");
  const std::size_t codings = head.Count("Transfer-Encoding");
  if (lengths > 1 || codings > 1 || (lengths == 1 && codings == 1)) return false;
  if (codings == 1) {
    if (head.minor_version == 0) return false;
    if (!EqualIgnoringAsciiCase(*head.Find("Transfer-Encoding"), "chunked")) return false;
    head.chunked = true;
  }
  if (lengths == 1) {
    head.content_length = ParseNumber<std::uint64_t>(*head.Find("Content-Length"));
    if (!head.content_length) return false;
  }
  return true;
}

void ParseConnection(RequestHead& head) {
  bool close = head.minor_version == 0;
  for (const HeaderFields::Position position : head.fields.Named("Connection")) {
    for (const std::string_view part : Split(head.fields[position].value, ',')) {
      const std::string_view option = TrimWhiteSpace(part);
      if (EqualIgnoringAsciiCase(option, "close")) {
        head.keep_alive = false;
        return;
      }
      if (EqualIgnoringAsciiCase(option, "keep-alive")) close = false;
    }
  }
  head.keep_alive = !close;
}

}  // namespace

bool IsToken(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
  });
}

bool IsFieldValue(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t';
  });
}

std::optional<std::string_view> RequestHead::Find(std::string_view name) const {
  const auto named = fields.Named(name);
  if (named.empty()) return std::nullopt;
  return fields[named.front()].value;
}

std::optional<std::string> RequestHead::Joined(std::string_view name) const {
  std::optional<std::string> joined;
  for (const HeaderFields::Position position : fields.Named(name)) {
    if (joined) {
      *joined += ", ";
      *joined += fields[position].value;
    } else {
      joined = fields[position].value;
    }
  }
  return joined;
}

HeadFinder::State HeadFinder::Scan(std::string_view bytes) {
  while (true) {
    const std::size_t newline = bytes.find('\n', looked_at_);
    const std::size_t line_end = newline == bytes.npos ? bytes.size() : newline;
    // A CR must be followed by its LF, or be the last byte so far.
    const std::string_view fresh = bytes.substr(looked_at_, line_end - looked_at_);
    const std::size_t cr = fresh.find('\r');
    if (cr != fresh.npos && cr + 1 != fresh.size()) return State::kMalformed;
    const std::size_t section_begin = first_line_end_ == 0 ? begin_ : first_line_end_;
    const std::size_t most = first_line_end_ == 0 ? kMaxRequestLineBytes : kMaxHeaderSectionBytes;
    if (newline == bytes.npos) {
      // A CR at the very end is checked again together with the next byte.
      looked_at_ = bytes.ends_with('\r') ? bytes.size() - 1 : bytes.size();
      return bytes.size() - section_begin > most ? State::kTooLarge : State::kIncomplete;
    }
    if (newline == 0 || bytes[newline - 1] != '\r') return State::kMalformed;
    const bool empty = newline - line_ == 1;
    looked_at_ = newline + 1;
    line_ = newline + 1;
    if (looked_at_ - section_begin > most) return State::kTooLarge;
    if (!empty) {
      if (first_line_end_ == 0) {
        first_line_end_ = line_;
      } else if (++fields_ > kMaxHeaderFields) {
        return State::kTooLarge;
      }
    } else if (first_line_end_ == 0) {
      if (line_ > kMaxLeadingEmptyLines) return State::kMalformed;
      begin_ = line_;
    } else {
      end_ = line_;
      return State::kComplete;
    }
  }
}

bool ParseRequestHead(std::string_view text, RequestHead& head) {
  Clear(head);
  if (!ParseRequestLine(TakeLine(text), head)) return false;
  while (true) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) break;
    if (!ParseField(line, head)) return false;
  }
  const auto hosts = head.fields.Named("Host");
  if (hosts.size() > 1 || (hosts.empty() && head.minor_version > 0)) return false;
  if (!hosts.empty()) {
    const std::string_view host = head.fields[hosts.front()].value;
    if (!IsHost(host)) return false;
    // Some programs would use the one and some the other. A client must send the same twice (RFC
    // 9112, section 3.2.2).
    if (head.authority && !EqualIgnoringAsciiCase(*head.authority, host)) return false;
  }
  if (head.Count("Idempotency-Key") > 1) return false;
  if (!ParseFraming(head)) return false;
  ParseConnection(head);
  const auto expect = head.Find("Expect");
  head.expects_continue =
      head.minor_version > 0 && expect && EqualIgnoringAsciiCase(*expect, "100-continue");
  return true;
}

void ParseReadableFields(std::string_view bytes, RequestHead& head) {
  Clear(head);
  head.keep_alive = false;
  // The first line is not a field. The last line has no end yet, so it may be half a field.
  for (bool is_first = true; head.fields.size() < kMaxHeaderFields; is_first = false) {
    const std::size_t newline = bytes.find('\n');
    if (newline == bytes.npos) return;
    std::string_view line = bytes.substr(0, newline);
    bytes.remove_prefix(newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_first) continue;
    if (line.empty()) return;
    ParseField(line, head);
  }
}

}  // namespace users::net
