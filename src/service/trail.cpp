#include "service/trail.h"

#include <algorithm>

#include "base/text/text.h"
#include "service/page_token.h"

namespace users::service {
namespace {

constexpr std::size_t kPositionBytes = 8;
constexpr std::string_view kCursorScope = "events_read";

std::string EncodeBigEndian(std::uint64_t number) {
  std::string bytes(kPositionBytes, '\0');
  for (std::size_t i = kPositionBytes; i-- > 0; number >>= 8) {
    bytes[i] = static_cast<char>(number & 0xFF);
  }
  return bytes;
}

std::uint64_t DecodeBigEndian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = (number << 8) | static_cast<unsigned char>(byte);
  return number;
}

bool AdmitsActor(std::string_view pattern, std::string_view actor) {
  if (!pattern.ends_with('*')) return actor == pattern;
  pattern.remove_suffix(1);
  return actor.starts_with(pattern);
}

bool HasField(const domain::AuditEntry& entry, const std::string& field) {
  return entry.changed_fields &&
         std::find(entry.changed_fields->begin(), entry.changed_fields->end(), field) !=
             entry.changed_fields->end();
}

}  // namespace

bool TrailFilter::Admits(const domain::AuditEntry& entry) const {
  return (!from || entry.timestamp >= *from) && (!to || entry.timestamp < *to) &&
         (!action || entry.action == *action) && (!actor || AdmitsActor(*actor, entry.actor)) &&
         (!user_id || entry.user_id == *user_id) && (!role || entry.role == role) &&
         (!field || HasField(entry, *field));
}

bool TrailFilter::AdmitsAll() const {
  return !from && !to && !action && !actor && !user_id && !role && !field;
}

std::string EncodeEventCursor(const EventCursor& cursor, std::string_view store_identity) {
  return EncodePageToken(EncodeBigEndian(cursor.position) + cursor.digest,
                         PageScope({kCursorScope, store_identity}));
}

std::optional<EventCursor> DecodeEventCursor(std::string_view text,
                                             std::string_view store_identity) {
  const auto bytes = DecodePageToken(text, PageScope({kCursorScope, store_identity}));
  if (!bytes || bytes->size() < kPositionBytes) return std::nullopt;
  const std::string_view position = std::string_view(*bytes).substr(0, kPositionBytes);
  return EventCursor(DecodeBigEndian(position), bytes->substr(kPositionBytes));
}

}  // namespace users::service
