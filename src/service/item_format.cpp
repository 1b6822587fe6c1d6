#include "service/item_format.h"

namespace users::service {

storage::Item NewItem(std::size_t room) {
  storage::Item item;
  item.Reserve(room);
  item.SetNumber("v", kItemFormat);
  return item;
}

ItemReader::ItemReader(const storage::Item& item) : cursor_(item) {
  const std::int64_t format = Number("v");
  newer_ = format > kItemFormat;
  broken_ = broken_ || format < 1;
}

std::string_view ItemReader::String(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kString);
  if (!found) broken_ = true;
  return found ? found->value : std::string_view();
}

std::int64_t ItemReader::Number(std::string_view name) {
  const auto found = cursor_.Find(name, storage::Item::Type::kNumber);
  if (!found) broken_ = true;
  return found ? found->number() : 0;
}

Error ItemReader::error() const {
  if (newer_) {
    return Error::Unavailable("This server is older than the requested data.");
  }
  return Error::Internal();
}

}  // namespace users::service
