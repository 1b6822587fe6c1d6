#include "domain/field_rules.h"

#include "base/text/text.h"

namespace users::domain {
namespace {

static_assert(kMaxMetadataBytes % 1024 == 0, "its message counts in KiB");

// Returns a limit as messages show it: "1,024".
std::string Shown(std::size_t limit) {
  std::string digits = std::to_string(limit);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsLocalPart(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!IsLetterOrDigit(c) && std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) == text.npos) {
      return false;
    }
  }
  return true;
}

bool IsDomainLabel(std::string_view text) {
  if (text.empty() || text.size() > kMaxDomainLabelBytes) return false;
  if (!IsLetterOrDigit(text.front()) || !IsLetterOrDigit(text.back())) return false;
  for (const char c : text) {
    if (!IsLetterOrDigit(c) && c != '-') return false;
  }
  return true;
}

bool IsDomain(std::string_view text) {
  for (const std::string_view label : Split(text, '.')) {
    if (!IsDomainLabel(label)) return false;
  }
  return true;
}

bool CheckMetadataEntry(std::string_view key, const boost::json::value& value,
                        const std::string& field, json::FieldErrors& errors) {
  if (key.empty() || key.size() > kMaxMetadataKeyBytes) {
    errors.Add(field, "the key must have 1 to " + Shown(kMaxMetadataKeyBytes) + " bytes");
    return false;
  }
  if (key.front() == '$') {
    errors.Add(field, "keys that begin with $ are reserved");
    return false;
  }
  if (HasControlCharacter(key)) {
    errors.Add(field, "the key must not contain control characters");
    return false;
  }
  if (!value.is_string()) {
    errors.Add(field, "must be a string");
    return false;
  }
  if (value.get_string().size() > kMaxMetadataValueBytes) {
    errors.Add(field, "must have at most " + Shown(kMaxMetadataValueBytes) + " bytes");
    return false;
  }
  if (HasControlCharacter(value.get_string())) {
    errors.Add(field, "must not contain control characters");
    return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> CheckEmail(std::string_view text, std::string_view field,
                                      json::FieldErrors& errors) {
  const std::string_view email = TrimSpaces(text);
  const std::size_t at = email.find('@');
  if (at == email.npos || !IsLocalPart(email.substr(0, at)) || !IsDomain(email.substr(at + 1))) {
    errors.Add(field, "must be an email address such as ada@example.com");
    return std::nullopt;
  }
  if (email.size() > kMaxEmailBytes || at > kMaxLocalPartBytes) {
    errors.Add(field, "must have at most " + Shown(kMaxEmailBytes) + " bytes, at most " +
                          Shown(kMaxLocalPartBytes) + " of them before the @");
    return std::nullopt;
  }
  return std::string(email);
}

std::optional<std::string> CheckName(std::string_view text, std::string_view field,
                                     json::FieldErrors& errors) {
  const std::string_view name = TrimSpaces(text);
  if (name.empty() || CountCodePoints(name) > kMaxNameCharacters) {
    errors.Add(field, "must have 1 to " + Shown(kMaxNameCharacters) + " characters");
    return std::nullopt;
  }
  if (HasControlCharacter(name)) {
    errors.Add(field, "must not contain control characters");
    return std::nullopt;
  }
  return std::string(name);
}

std::optional<std::string> CheckIdempotencyKey(std::string_view text, std::string_view field,
                                               json::FieldErrors& errors) {
  bool printable = true;
  for (const char c : text) printable = printable && c >= 0x20 && c <= 0x7E;
  if (text.empty() || text.size() > kMaxIdempotencyKeyBytes || !printable) {
    errors.Add(field, "must have 1 to " + Shown(kMaxIdempotencyKeyBytes) +
                          " characters, each from U+0020 to U+007E");
    return std::nullopt;
  }
  // Signatures ignore such spaces in a header, so one signed request could be sent with several
  // keys.
  if (text.front() == ' ' || text.back() == ' ' || text.find("  ") != text.npos) {
    errors.Add(field, "must not begin or end with a space, or have two spaces in a row");
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<Metadata> CheckMetadata(const boost::json::value& value, std::string_view field,
                                      json::FieldErrors& errors) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr) {
    errors.Add(field, "must be an object of strings");
    return std::nullopt;
  }
  bool good = true;
  if (object->size() > kMaxMetadataEntries) {
    errors.Add(field, "must have at most " + Shown(kMaxMetadataEntries) + " entries");
    good = false;
  }
  Metadata metadata;
  std::size_t bytes = 0;
  for (const auto& member : *object) {
    const std::string_view key = member.key();
    const std::string path = std::string(field) + "." + std::string(key);
    if (!CheckMetadataEntry(key, member.value(), path, errors)) {
      good = false;
      continue;
    }
    bytes += key.size() + member.value().get_string().size();
    metadata.emplace(key, member.value().get_string());
  }
  if (bytes > kMaxMetadataBytes) {
    errors.Add(field, "keys and values together must have at most " +
                          Shown(kMaxMetadataBytes / 1024) + " KiB");
    good = false;
  }
  if (!good) return std::nullopt;
  return metadata;
}

}  // namespace users::domain
