#include "service/item_format.h"

#include <chrono>

namespace users::service {

storage::Item NewItem(std::size_t room, std::int64_t format) {
  storage::Item item;
  item.Reserve(room);
  item.SetNumber("v", format);
  return item;
}

std::int64_t ToNumber(Timestamp time) {
  return time.time_since_epoch().count();
}

ItemReader::ItemReader(const storage::Item& item, std::int64_t newest_format)
    : item_(item), cursor_(item) {
  format_ = Number("v");
  newer_ = format_ > newest_format;
  broken_ = broken_ || format_ < 1;
}

std::string_view ItemReader::String(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kString);
  if (!found) broken_ = true;
  return found ? found->value : std::string_view();
}

std::optional<std::string> ItemReader::OptionalString(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kString);
  if (found) return std::string(found->value);
  if (item_.Has(name)) broken_ = true;
  return std::nullopt;
}

std::optional<std::int64_t> ItemReader::OptionalNumber(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kNumber);
  if (found) return found->number();
  if (item_.Has(name)) broken_ = true;
  return std::nullopt;
}

std::int64_t ItemReader::Number(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kNumber);
  if (!found) broken_ = true;
  return found ? found->number() : 0;
}

Timestamp ItemReader::Time(std::string_view name) {
  const Timestamp time(std::chrono::milliseconds(Number(name)));
  if (IsWritable(time)) return time;
  broken_ = true;
  return Timestamp();
}

Error ItemReader::error() const {
  if (newer_) {
    return Error::Unavailable("This server is older than the requested data.");
  }
  return Error::Internal();
}

}  // namespace users::service
