#include "service/page_token.h"

#include "base/sha256.h"
#include "base/text/text.h"

namespace users::service {
namespace {

constexpr std::size_t kChecksumBytes = 16;
constexpr std::size_t kMaxTokenBytes = 128;

std::string Checksum(std::string_view position, std::string_view scope) {
  return std::string(AsText(Sha256OfFields({position, scope})).substr(0, kChecksumBytes));
}

}  // namespace

std::string PageScope(std::initializer_list<std::string_view> parts) {
  return std::string(AsText(Sha256OfFields(parts)));
}

std::string EncodePageToken(std::string_view position, std::string_view scope) {
  return EncodeBase64Url(Checksum(position, scope) + std::string(position));
}

std::optional<std::string> DecodePageToken(std::string_view token, std::string_view scope) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const auto bytes = DecodeBase64Url(token);
  if (!bytes || bytes->size() <= kChecksumBytes) return std::nullopt;
  const std::string_view position = std::string_view(*bytes).substr(kChecksumBytes);
  if (std::string_view(*bytes).substr(0, kChecksumBytes) != Checksum(position, scope)) {
    return std::nullopt;
  }
  return std::string(position);
}

}  // namespace users::service
