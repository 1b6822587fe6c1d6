#include "domain/field_rules.h"

#include <algorithm>

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

std::optional<std::string> CheckText(std::string_view text, std::size_t max_characters,
                                     std::string_view field, json::FieldErrors& errors) {
  const std::string_view trimmed = TrimSpaces(text);
  if (trimmed.empty() || CountCodePoints(trimmed) > max_characters) {
    errors.Add(field, "must have 1 to " + Shown(max_characters) + " characters");
    return std::nullopt;
  }
  if (HasControlCharacter(trimmed)) {
    errors.Add(field, "must not contain control characters");
    return std::nullopt;
  }
  return std::string(trimmed);
}

bool CheckPrintable(std::string_view text, std::size_t max_bytes, std::string_view field,
                    json::FieldErrors& errors) {
  const bool is_printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (!text.empty() && text.size() <= max_bytes && is_printable) return true;
  errors.Add(field,
             "must have 1 to " + Shown(max_bytes) + " characters, each from U+0020 to U+007E");
  return false;
}

bool CheckMetadataKey(std::string_view key, const std::string& field, json::FieldErrors& errors) {
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
  return true;
}

bool CheckMetadataText(std::string_view text, const std::string& field, json::FieldErrors& errors) {
  if (text.size() > kMaxMetadataValueBytes) {
    errors.Add(field, "must have at most " + Shown(kMaxMetadataValueBytes) + " bytes");
    return false;
  }
  if (HasControlCharacter(text)) {
    errors.Add(field, "must not contain control characters");
    return false;
  }
  return true;
}

bool CheckMetadataMember(const boost::json::key_value_pair& member, std::string_view field,
                         bool may_be_null, json::FieldErrors& errors) {
  const std::string path = std::string(field) + "." + std::string(member.key());
  if (!CheckMetadataKey(member.key(), path, errors)) return false;
  if (may_be_null && member.value().is_null()) return true;
  const auto* text = member.value().if_string();
  if (text != nullptr) return CheckMetadataText(*text, path, errors);
  errors.Add(path, may_be_null ? "must be a string or null" : "must be a string");
  return false;
}

std::string TooManyEntries() {
  return "must have at most " + Shown(kMaxMetadataEntries) + " entries";
}

std::string TooManyBytes() {
  return "keys and values together must have at most " + Shown(kMaxMetadataBytes / 1024) + " KiB";
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
  return CheckText(text, kMaxNameCharacters, field, errors);
}

std::optional<std::string> CheckIdentifier(std::string_view text, std::string_view field,
                                           json::FieldErrors& errors) {
  return CheckText(text, kMaxIdentifierCharacters, field, errors);
}

bool IsRoleName(std::string_view text) {
  if (text.empty() || text.size() > kMaxRoleNameBytes || text[0] < 'a' || text[0] > 'z') {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::optional<std::string> CheckIdempotencyKey(std::string_view text, std::string_view field,
                                               json::FieldErrors& errors) {
  if (!CheckPrintable(text, kMaxIdempotencyKeyBytes, field, errors)) return std::nullopt;
  // Signatures ignore such spaces in a header, so one signed request could be sent with several
  // keys.
  if (text.front() == ' ' || text.back() == ' ' || text.find("  ") != text.npos) {
    errors.Add(field, "must not begin or end with a space, or have two spaces in a row");
    return std::nullopt;
  }
  return std::string(text);
}

std::optional<std::string> CheckAuditReason(std::string_view text, std::string_view field,
                                            json::FieldErrors& errors) {
  const std::string_view reason = TrimSpaces(text);
  if (!CheckPrintable(reason, kMaxAuditReasonBytes, field, errors)) return std::nullopt;
  return std::string(reason);
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
    errors.Add(field, TooManyEntries());
    good = false;
  }
  Metadata metadata;
  std::size_t bytes = 0;
  for (const auto& member : *object) {
    if (!CheckMetadataMember(member, field, /*may_be_null=*/false, errors)) {
      good = false;
      continue;
    }
    const boost::json::string& text = member.value().get_string();
    bytes += member.key().size() + text.size();
    metadata.emplace(member.key(), text);
  }
  if (bytes > kMaxMetadataBytes) {
    errors.Add(field, TooManyBytes());
    good = false;
  }
  if (!good) return std::nullopt;
  return metadata;
}

std::optional<MetadataChanges> CheckMetadataChanges(const boost::json::value& value,
                                                    std::string_view field,
                                                    json::FieldErrors& errors) {
  const boost::json::object* object = value.if_object();
  if (object == nullptr || object->empty()) {
    errors.Add(field, "must be an object of strings and nulls, with at least one key");
    return std::nullopt;
  }
  bool good = true;
  MetadataChanges changes;
  Metadata set;
  for (const auto& member : *object) {
    if (!CheckMetadataMember(member, field, /*may_be_null=*/true, errors)) {
      good = false;
    } else if (const auto* text = member.value().if_string()) {
      changes.emplace(member.key(), *text);
      set.emplace(member.key(), *text);
    } else {
      changes.emplace(member.key(), std::nullopt);
    }
  }
  if (const auto fault = SizeFaultOf(set)) {
    errors.Add(field, *fault);
    good = false;
  }
  if (!good) return std::nullopt;
  return changes;
}

std::optional<std::string> SizeFaultOf(const Metadata& metadata) {
  if (metadata.size() > kMaxMetadataEntries) return TooManyEntries();
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata) bytes += key.size() + value.size();
  if (bytes > kMaxMetadataBytes) return TooManyBytes();
  return std::nullopt;
}

}  // namespace users::domain
