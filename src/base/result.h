#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace users {

// The kinds of errors of the domain and of the adapters below it. Only src/api/response.cpp maps
// them to an HTTP status and a `code`. Faults of the HTTP request itself, such as a method that a
// path does not have, are responses of src/api/response.h.
enum class ErrorCode {
  kValidation,
  kAuthentication,
  kForbidden,
  kNotFound,
  kConflict,
  kPreconditionFailed,
  kInternal,
  kUnavailable,
};

// Why a request conflicts with the state of the directory (`details.reason`).
enum class ConflictReason {
  kEmailInUse,
  kExternalIdInUse,
  kUserNameInUse,
  kIdempotencyKeyReused,
  kUserDeleted,
};

// One failing field. `field` is the JSON member (`metadata.<key>` within metadata), the query
// parameter, the header, or `body`.
struct FieldError {
  std::string field;
  std::string message;
};

// An error as a value. `message` is shown to callers, so it never contains a secret, a stack trace
// or another user's data. Only the members that belong to `code` are set.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::vector<FieldError> fields;                                // kValidation
  ConflictReason conflict_reason = ConflictReason::kEmailInUse;  // kConflict
  std::uint64_t current_version = 0;                             // kPreconditionFailed

  // Return an error with the code and the message.
  static Error Of(ErrorCode code, std::string message) {
    Error error;
    error.code = code;
    error.message = std::move(message);
    return error;
  }
  static Error Internal() { return Of(ErrorCode::kInternal, "An internal error occurred."); }
  static Error Unavailable(std::string message) {
    return Of(ErrorCode::kUnavailable, std::move(message));
  }
  // Return an error with kValidation for these fields, or for one field.
  static Error Validation(std::vector<FieldError> fields);
  static Error Validation(std::string_view field, std::string_view message);
};

// Returns all faults in one line for an operator: "principals[0].arn must be ...; ...". Long lists
// are cut short, and control characters become `?`.
std::string InOneLine(const Error& error);

// A value or an error. Our code does not throw, so every function that can fail returns a Result.
// The error is an Error, unless a fault has a type of its own: json::ParseError, ProgramError, or
// an api::Response where the fault is HTTP's.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  // value(), * and -> may be used only if ok(), and error() only if not.
  bool ok() const { return state_.index() == 0; }
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  E& error() { return *std::get_if<1>(&state_); }
  const E& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, E> state_;
};

// The value of an operation that returns only success.
struct Done {};
using Status = Result<Done>;

}  // namespace users
