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
  for (const HeaderField& field : head.fields) {
    for (const Wanted& wanted : all) {
      if (!EqualIgnoringAsciiCase(field.name, wanted.name)) continue;
      if (wanted.value->has_value()) fields.repeated = wanted.name;
      *wanted.value = field.value;
      break;
    }
  }
  return fields;
}

std::vector<HeaderField> RelevantFields(const net::RequestHead& head,
                                        std::string_view signed_headers) {
  const auto less = [](std::string_view a, std::string_view b) {
    return CompareIgnoringAsciiCase(a, b) < 0;
  };
  std::vector<std::string_view> names = Split(signed_headers, ';');
  std::sort(names.begin(), names.end(), less);
  std::vector<HeaderField> relevant;
  for (const HeaderField& field : head.fields) {
    if (IsAmz(field.name) || std::binary_search(names.begin(), names.end(), field.name, less)) {
      relevant.push_back(field);
    }
  }
  return relevant;
}

Status CheckSignedHeaders(std::string_view signed_headers, const aws::HeaderIndex& index) {
  // Names and headers have the same order, so a header that is skipped is not signed.
  auto header = index.all().begin();
  const auto end = index.all().end();
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
    for (; header != end && CompareIgnoringAsciiCase((*header)->name, *name) < 0; ++header) {
      if (MustBeSigned((*header)->name)) unsigned_header = (*header)->name;
    }
    if (header == end || !EqualIgnoringAsciiCase((*header)->name, *name)) {
      return Rejected("SignedHeaders in the header Authorization names the header " + Shown(*name) +
                      ", which was not sent.");
    }
    while (header != end && EqualIgnoringAsciiCase((*header)->name, *name)) ++header;
    host_is_signed = host_is_signed || *name == "host";
    last = name;
  }
  if (!host_is_signed) return MissingInList("host");
  for (; header != end; ++header) {
    if (MustBeSigned((*header)->name)) unsigned_header = (*header)->name;
  }
  if (!unsigned_header.empty()) return MissingInList(unsigned_header);
  return Done{};
}

}  // namespace users::server
