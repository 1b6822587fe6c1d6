#include "aws/sigv4.h"

#include <algorithm>
#include <array>

#include "base/text/text.h"

namespace users::aws {
namespace {

constexpr std::string_view kTerminator = "aws4_request";

// Appends the value without outer white space, and with each inner run of it as one space.
void AppendHeaderValue(std::string& out, std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  const char* const begin = value.data();
  const char* const end = begin + value.size();
  const char* word = std::find_if_not(begin, end, is_space);
  while (word != end) {
    const char* const word_end = std::find_if(word, end, is_space);
    out.append(word, word_end);
    word = std::find_if_not(word_end, end, is_space);
    if (word != end) out.push_back(' ');
  }
}

// Values of a repeated header are joined by commas, in the order in which they were sent. Names and
// headers have the same order, so one walk finds all of them.
void AppendHeaders(std::string& out, std::string_view names, const HeaderFields& headers) {
  const auto sorted = headers.Sorted();
  auto header = sorted.begin();
  const auto end = sorted.end();
  for (PartReader reader(names, ';'); const auto name = reader.Next();) {
    while (header != end && CompareIgnoringAsciiCase(headers[*header].name, *name) < 0) ++header;
    out += *name;
    out.push_back(':');
    bool first = true;
    for (; header != end && EqualIgnoringAsciiCase(headers[*header].name, *name); ++header) {
      if (!first) out.push_back(',');
      first = false;
      AppendHeaderValue(out, headers[*header].value);
    }
    out.push_back('\n');
  }
}

// Removes dot segments (RFC 3986, section 5.2.4) and empty segments.
std::string NormalisePath(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : Split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string normalised;
  for (const std::string_view segment : kept) {
    normalised.push_back('/');
    normalised += segment;
  }
  const bool ends_in_slash = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  if (normalised.empty() || ends_in_slash) normalised.push_back('/');
  return normalised;
}

// Decodes the text and encodes all of it once. Text with a broken encoding is taken as not encoded.
std::string EncodeAnew(std::string_view text) {
  std::string encoded;
  const auto decoded = PercentDecode(text);
  AppendPercentEncoded(encoded, decoded ? *decoded : text, /*keep_slash=*/false);
  return encoded;
}

void AppendQuery(std::string& out, std::string_view query, QueryForm form) {
  if (form == QueryForm::kAsSent || query.empty()) {
    out += query;
    return;
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : Split(query, '&')) {
    if (part.empty() && form == QueryForm::kCanonical) continue;
    const std::size_t equals = part.find('=');
    const std::string_view name = part.substr(0, equals);
    const std::string_view value =
        equals == part.npos ? std::string_view() : part.substr(equals + 1);
    if (form == QueryForm::kCanonical) {
      pairs.emplace_back(EncodeAnew(name), EncodeAnew(value));
    } else {
      pairs.emplace_back(name, value);
    }
  }
  std::sort(pairs.begin(), pairs.end());
  bool first = true;
  for (const auto& [name, value] : pairs) {
    if (!first) out.push_back('&');
    first = false;
    out += name;
    out.push_back('=');
    out += value;
  }
}

void AppendScope(std::string& out, const CredentialScope& scope) {
  out += scope.date;
  out.push_back('/');
  out += scope.region;
  out.push_back('/');
  out += scope.service;
  out.push_back('/');
  out += kTerminator;
}

// Removes the text up to the separator and returns it; nothing if there is no separator.
std::optional<std::string_view> TakeUpTo(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == text.npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + 1);
  return taken;
}

bool ParseCredential(std::string_view text, Authorization& parsed) {
  const auto key = TakeUpTo(text, '/');
  const auto date = TakeUpTo(text, '/');
  const auto region = TakeUpTo(text, '/');
  const auto service = TakeUpTo(text, '/');
  if (!service || text != kTerminator) return false;
  parsed.access_key_id = *key;
  parsed.scope.date = *date;
  parsed.scope.region = *region;
  parsed.scope.service = *service;
  return !key->empty();
}

}  // namespace

std::string CanonicalRequest(const RequestView& request, std::string_view signed_headers,
                             std::string_view payload_hash, QueryForm query_form,
                             PathForm path_form) {
  std::string out;
  out.reserve(1024);
  out += request.method;
  out.push_back('\n');
  if (path_form == PathForm::kNormalised) {
    AppendPercentEncoded(out, NormalisePath(request.path), /*keep_slash=*/true);
  } else {
    AppendPercentEncoded(out, request.path, /*keep_slash=*/true);
  }
  out.push_back('\n');
  AppendQuery(out, request.query, query_form);
  out.push_back('\n');
  if (!signed_headers.empty()) AppendHeaders(out, signed_headers, request.headers);
  out.push_back('\n');
  out += signed_headers;
  out.push_back('\n');
  out += payload_hash;
  return out;
}

std::string QueryInForm(std::string_view query, QueryForm form) {
  std::string text;
  AppendQuery(text, query, form);
  return text;
}

std::string StringToSign(std::string_view amz_date, const CredentialScope& scope,
                         std::string_view canonical_request) {
  std::string out;
  out.reserve(256);
  out += kAlgorithm;
  out.push_back('\n');
  out += amz_date;
  out.push_back('\n');
  AppendScope(out, scope);
  out.push_back('\n');
  out += ToHex(Sha256(canonical_request));
  return out;
}

Sha256Digest DeriveSigningKey(std::string_view secret_access_key, const CredentialScope& scope) {
  std::string start = "AWS4";
  start += secret_access_key;
  const std::span<const std::uint8_t> start_bytes(
      reinterpret_cast<const std::uint8_t*>(start.data()), start.size());
  const Sha256Digest of_date = HmacSha256(start_bytes, scope.date);
  const Sha256Digest of_region = HmacSha256(of_date, scope.region);
  const Sha256Digest of_service = HmacSha256(of_region, scope.service);
  return HmacSha256(of_service, kTerminator);
}

std::string Sign(const Sha256Digest& signing_key, std::string_view string_to_sign) {
  return Sign(HmacSha256Key(signing_key), string_to_sign);
}

std::string Sign(const HmacSha256Key& signing_key, std::string_view string_to_sign) {
  return ToHex(signing_key.Sign(string_to_sign));
}

std::string FormatAmzDate(Timestamp time) {
  std::string text = FormatSeconds(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

std::optional<Timestamp> ParseAmzDate(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  std::array<char, 20> rfc3339 = {"0000-00-00T00:00:00"};
  const auto put = [&](std::size_t at, std::size_t from, std::size_t size) {
    text.copy(rfc3339.data() + at, size, from);
  };
  put(0, 0, 4);
  put(5, 4, 2);
  put(8, 6, 5);
  put(14, 11, 2);
  put(17, 13, 3);
  return ParseTimestamp(std::string_view(rfc3339.data(), rfc3339.size()));
}

std::vector<std::pair<std::string, std::string>> SignatureHeaders(
    const RequestView& request, std::string_view body, const Credentials& credentials,
    std::string_view region, std::string_view service, Timestamp now) {
  std::vector<std::pair<std::string, std::string>> added;
  const std::string amz_date = FormatAmzDate(now);
  added.emplace_back("x-amz-date", amz_date);
  if (!credentials.session_token.empty()) {
    added.emplace_back("x-amz-security-token", credentials.session_token);
  }

  HeaderFields headers = request.headers;
  for (const auto& [name, value] : added) headers.Add(HeaderField{name, value});
  std::vector<std::string> names;
  for (const HeaderField& header : headers) names.push_back(LowerAscii(header.name));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string signed_headers;
  for (const std::string& name : names) {
    if (!signed_headers.empty()) signed_headers.push_back(';');
    signed_headers += name;
  }

  const RequestView view{request.method, request.path, request.query, headers};
  const std::string canonical = CanonicalRequest(view, signed_headers, ToHex(Sha256(body)),
                                                 QueryForm::kCanonical, PathForm::kAsSent);
  const CredentialScope scope{std::string_view(amz_date).substr(0, 8), region, service};
  const std::string signature = Sign(DeriveSigningKey(credentials.secret_access_key, scope),
                                     StringToSign(amz_date, scope, canonical));
  std::string authorization(kAlgorithm);
  authorization += " Credential=" + credentials.access_key_id + "/";
  AppendScope(authorization, scope);
  authorization += ", SignedHeaders=" + signed_headers + ", Signature=" + signature;
  added.emplace_back("authorization", std::move(authorization));
  return added;
}

std::optional<Authorization> ParseAuthorization(std::string_view header) {
  if (!header.starts_with(kAlgorithm)) return std::nullopt;
  header.remove_prefix(kAlgorithm.size());
  if (header.empty() || header.front() != ' ') return std::nullopt;

  Authorization parsed;
  bool has_credential = false;
  for (PartReader reader(header, ','); auto next = reader.Next();) {
    std::string_view part = TrimSpaces(*next);
    const auto name = TakeUpTo(part, '=');
    if (!name || part.empty()) return std::nullopt;
    if (*name == "Credential" && !has_credential) {
      if (!ParseCredential(part, parsed)) return std::nullopt;
      has_credential = true;
    } else if (*name == "SignedHeaders" && parsed.signed_headers.empty()) {
      parsed.signed_headers = part;
    } else if (*name == "Signature" && parsed.signature.empty()) {
      parsed.signature = part;
    } else {
      return std::nullopt;
    }
  }
  if (!has_credential || parsed.signed_headers.empty() || parsed.signature.empty()) {
    return std::nullopt;
  }
  return parsed;
}

}  // namespace users::aws
