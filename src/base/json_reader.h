#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace users::json {

// Gathers every failing field of a request or a file, the first failure of each.
class FieldErrors {
 public:
  void Add(std::string_view field, std::string_view message);
  bool empty() const { return errors_.empty(); }
  const std::vector<FieldError>& list() const { return errors_; }
  Error ToError() && { return Error::Validation(std::move(errors_)); }

 private:
  std::vector<FieldError> errors_;
  std::unordered_set<std::string> fields_;
};

enum class Presence { kRequired, kOptional };

// Reads the members of one JSON object and reports what is missing, of the wrong type or unknown,
// each under its path. Values point into the object that is read.
class ObjectReader {
 public:
  // `path` is the field's name in errors, empty for the root (reported as `root`, "body" by
  // default).
  ObjectReader(const bj::value& value, std::string path, FieldErrors& errors,
               std::string_view root = "body");

  // False if the value is no object; the error is recorded and every member counts as absent.
  bool is_object() const { return object_ != nullptr; }

  bool Has(std::string_view name) const {
    return object_ != nullptr && object_->if_contains(name) != nullptr;
  }

  // The member, or nothing if it is absent (an error if it is required).
  const bj::value* Find(std::string_view name, Presence presence);
  // The same with a type; another type, null included, is an error.
  std::optional<std::string_view> String(std::string_view name, Presence presence);
  std::optional<std::int64_t> Integer(std::string_view name, Presence presence);
  const bj::array* Array(std::string_view name, Presence presence);

  // Reports the members that were never asked for.
  void RefuseOthers();

  std::string PathOf(std::string_view name) const;

 private:
  const bj::object* object_ = nullptr;
  std::string path_;
  FieldErrors& errors_;
  std::unordered_set<std::string_view> known_;
};

// "path[3]".
std::string ElementPath(std::string_view path, std::size_t index);

// Reads the strings of an array; elements of another type are errors.
std::vector<std::string> Strings(const bj::array& array, std::string_view path,
                                 FieldErrors& errors);

}  // namespace users::json
