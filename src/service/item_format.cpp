#include "service/item_format.h"

namespace users::service {

storage::Item NewItem() {
  storage::Item item;
  item.SetNumber("v", kItemFormat);
  return item;
}

ItemReader::ItemReader(const storage::Item& item) : item_(item) {
  const auto format = item.FindNumber("v");
  newer_ = format && *format > kItemFormat;
  broken_ = !format || *format < 1;
}

std::string_view ItemReader::String(std::string_view name) {
  const auto value = item_.FindString(name);
  if (!value) broken_ = true;
  return value.value_or(std::string_view());
}

std::int64_t ItemReader::Number(std::string_view name) {
  const auto value = item_.FindNumber(name);
  if (!value) broken_ = true;
  return value.value_or(0);
}

Error ItemReader::error() const {
  if (newer_) {
    return Error::Unavailable("This server is older than the data that it was asked for.");
  }
  return Error::Internal();
}

}  // namespace users::service
