#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/json/json.h"
#include "base/result.h"

namespace users::json {

// Collects the failing fields of a request or a file, with the first failure of each. Not
// thread-safe.
class FieldErrors {
 public:
  // Records a failure, unless the field has one already.
  void Add(std::string_view field, std::string_view message);
  bool empty() const { return errors_.empty(); }
  const std::vector<FieldError>& list() const { return errors_; }
  // Returns the failures as an error with kValidation.
  Error ToError() && { return Error::Validation(std::move(errors_)); }

 private:
  std::vector<FieldError> errors_;
  std::unordered_set<std::string> fields_;
};

// Whether the absence of a member is an error.
enum class Presence { kRequired, kOptional };

// Reads the members of one JSON object and records in `errors` every member that is missing, has
// the wrong type or is unknown, under its path. Returned values point into the object. Not
// thread-safe.
class ObjectReader {
 public:
  // `path` is the field's name in errors. It is empty for the root, which is reported as `root`.
  ObjectReader(const bj::value& value, std::string path, FieldErrors& errors,
               std::string_view root = "body");

  // Returns false if the value is not an object. The error is recorded, and every member counts as
  // absent.
  bool is_object() const { return object_ != nullptr; }

  // Returns whether the object has the member, without marking it as known.
  bool Has(std::string_view name) const {
    return object_ != nullptr && object_->if_contains(name) != nullptr;
  }

  // Returns the member, or nothing if it is absent. Absence is an error if it is required.
  const bj::value* Find(std::string_view name, Presence presence);
  // Return the member with its type checked. A value of another type, including null, is an error.
  std::optional<std::string_view> String(std::string_view name, Presence presence);
  std::optional<std::int64_t> Integer(std::string_view name, Presence presence);
  const bj::array* Array(std::string_view name, Presence presence);

  // Records an error for each member that was never read.
  void RejectOthers();

  // Returns the path of a member: "path.name".
  std::string PathOf(std::string_view name) const;

 private:
  const bj::object* object_ = nullptr;
  std::string path_;
  FieldErrors& errors_;
  std::unordered_set<std::string_view> known_;
};

// Returns "path[3]".
std::string ElementPath(std::string_view path, std::size_t index);

// Returns the strings of an array. Each element of another type is an error.
std::vector<std::string> Strings(const bj::array& array, std::string_view path,
                                 FieldErrors& errors);

}  // namespace users::json
