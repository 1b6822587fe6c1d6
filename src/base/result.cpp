#include "base/result.h"

namespace users {
namespace {

constexpr std::size_t kMostFaultsShown = 5;

}  // namespace

Error Error::Validation(std::vector<FieldError> fields) {
  Error error = Of(ErrorCode::kValidation, "The request is not valid.");
  error.fields = std::move(fields);
  return error;
}

Error Error::Validation(std::string_view field, std::string_view message) {
  std::vector<FieldError> fields;
  fields.push_back(FieldError{std::string(field), std::string(message)});
  return Validation(std::move(fields));
}

std::string InOneLine(const Error& error) {
  if (error.fields.empty()) return error.message;
  std::string line;
  for (std::size_t i = 0; i < error.fields.size() && i < kMostFaultsShown; ++i) {
    if (i > 0) line += "; ";
    const std::string& field = error.fields[i].field;
    line += (field == "body" ? "the file" : field) + " " + error.fields[i].message;
  }
  if (error.fields.size() > kMostFaultsShown) {
    line += "; and " + std::to_string(error.fields.size() - kMostFaultsShown) + " more";
  }
  return line;
}

}  // namespace users
