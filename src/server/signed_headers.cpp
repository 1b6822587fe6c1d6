#include "server/signed_headers.h"

#include <algorithm>
#include <array>

#include "base/text/text.h"
#include "server/rejection.h"

namespace users::server {
namespace {

Error Rejected(std::string message) {
  return Error::Of(ErrorCode::kAuthentication, std::move(message));
}

bool IsAmz(std::string_view name) {
  constexpr std::string_view kPrefix = "x-amz-";
  return EqualIgnoringAsciiCase(name.substr(0, kPrefix.size()), kPrefix);
}

bool MustBeSigned(std::string_view name) {
  return IsAmz(name) && !EqualIgnoringAsciiCase(name, "x-amz-content-sha256") &&
         !EqualIgnoringAsciiCase(name, "x-amz-security-token");
}

Error MissingInList(std::string_view name) {
  return Rejected(
      "The header " + Shown(LowerAscii(name)) +
      " must be signed, but SignedHeaders in the header Authorization does not name it.");
}

}  // namespace

SignatureFields FindSignatureFields(const net::RequestHead& head) {
  SignatureFields fields;
  struct Wanted {
    std::string_view name;
    std::optional<std::string_view>* value;
  };
  const std::array<Wanted, 5> all = {{{"authorization", &fields.authorization},
                                      {"x-amz-date", &fields.amz_date},
                                      {"x-amz-security-token", &fields.security_token},
                                      {"x-amz-content-sha256", &fields.content_sha256},
                                      {"host", &fields.host}}};
  HeaderFields::Position last_repeat = 0;
  for (const Wanted& wanted : all) {
    const auto named = head.fields.Named(wanted.name);
    if (named.empty()) continue;
    *wanted.value = head.fields[named.back()].value;
    if (named.size() == 1 || named.back() < last_repeat) continue;
    fields.repeated = wanted.name;
    last_repeat = named.back();
  }
  return fields;
}

Status CheckSignedHeaders(std::string_view signed_headers, const HeaderFields& headers) {
  // Names and headers have the same order, so a header that is skipped is not signed.
  const auto sorted = headers.Sorted();
  auto header = sorted.begin();
  const auto end = sorted.end();
  bool host_is_signed = false;
  std::string_view unsigned_header;
  std::optional<std::string_view> last;
  for (PartReader reader(signed_headers, ';'); const auto name = reader.Next();) {
    const bool lower =
        std::none_of(name->begin(), name->end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!lower || (last && *name <= *last)) {
      return Rejected(
          "SignedHeaders in the header Authorization must be lower-case, sorted and without "
          "repeats.");
    }
    for (; header != end && CompareIgnoringAsciiCase(headers[*header].name, *name) < 0; ++header) {
      if (MustBeSigned(headers[*header].name)) unsigned_header = headers[*header].name;
    }
    if (header == end || !EqualIgnoringAsciiCase(headers[*header].name, *name)) {
      return Rejected("SignedHeaders in the header Authorization names the header " + Shown(*name) +
                      ", which was not sent.");
    }
    while (header != end && EqualIgnoringAsciiCase(headers[*header].name, *name)) ++header;
    host_is_signed = host_is_signed || *name == "host";
    last = name;
  }
  if (!host_is_signed) return MissingInList("host");
  for (; header != end; ++header) {
    if (MustBeSigned(headers[*header].name)) unsigned_header = headers[*header].name;
  }
  if (!unsigned_header.empty()) return MissingInList(unsigned_header);
  return Done{};
}

}  // namespace users::server
