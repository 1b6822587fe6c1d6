#include "base/json/json_reader.h"

namespace users::json {

void FieldErrors::Add(std::string_view field, std::string_view message) {
  if (!fields_.emplace(field).second) return;
  errors_.push_back(FieldError{std::string(field), std::string(message)});
}

ObjectReader::ObjectReader(const bj::value& value, std::string path, FieldErrors& errors,
                           std::string_view root)
    : object_(value.if_object()), path_(std::move(path)), errors_(errors) {
  if (object_ == nullptr) errors_.Add(path_.empty() ? root : path_, "must be an object");
}

std::string ObjectReader::PathOf(std::string_view name) const {
  return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

const bj::value* ObjectReader::Find(std::string_view name, Presence presence) {
  known_.insert(name);
  if (object_ == nullptr) return nullptr;
  const bj::value* value = object_->if_contains(name);
  if (value == nullptr && presence == Presence::kRequired) errors_.Add(PathOf(name), "is required");
  return value;
}

std::optional<std::string_view> ObjectReader::String(std::string_view name, Presence presence) {
  const bj::value* value = Find(name, presence);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    errors_.Add(PathOf(name), "must be a string");
    return std::nullopt;
  }
  return std::string_view(value->get_string());
}

std::optional<std::int64_t> ObjectReader::Integer(std::string_view name, Presence presence) {
  const bj::value* value = Find(name, presence);
  if (value == nullptr) return std::nullopt;
  if (!value->is_int64()) {
    errors_.Add(PathOf(name), "must be a whole number");
    return std::nullopt;
  }
  return value->get_int64();
}

const bj::array* ObjectReader::Array(std::string_view name, Presence presence) {
  const bj::value* value = Find(name, presence);
  if (value == nullptr) return nullptr;
  if (!value->is_array()) {
    errors_.Add(PathOf(name), "must be a list");
    return nullptr;
  }
  return &value->get_array();
}

void ObjectReader::RejectOthers() {
  if (object_ == nullptr) return;
  for (const auto& member : *object_) {
    const std::string_view name = member.key();
    if (!known_.contains(name)) errors_.Add(PathOf(name), "is not known here");
  }
}

std::string ElementPath(std::string_view path, std::size_t index) {
  return std::string(path) + "[" + std::to_string(index) + "]";
}

std::vector<std::string> Strings(const bj::array& array, std::string_view path,
                                 FieldErrors& errors) {
  std::vector<std::string> strings;
  strings.reserve(array.size());
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (const bj::string* text = array[i].if_string()) {
      strings.emplace_back(*text);
    } else {
      errors.Add(ElementPath(path, i), "must be a string");
    }
  }
  return strings;
}

}  // namespace users::json
