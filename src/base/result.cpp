#include "base/result.h"

namespace users {
namespace {

constexpr std::size_t kMaxFaultsShown = 5;

// Names of members come from files, and values from command lines. Characters that would break the
// line or control a terminal become `?`.
std::string WithoutControls(std::string line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const bool is_c1 =
        byte == 0xC2 && i + 1 < line.size() && static_cast<unsigned char>(line[i + 1]) < 0xA0;
    if (byte < 0x20 || byte == 0x7F || is_c1) line.replace(i, is_c1 ? 2 : 1, "?");
  }
  return line;
}

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
  if (error.fields.empty()) return WithoutControls(error.message);
  std::string line;
  for (std::size_t i = 0; i < error.fields.size() && i < kMaxFaultsShown; ++i) {
    if (i > 0) line += "; ";
    line += error.fields[i].field + " " + error.fields[i].message;
  }
  if (error.fields.size() > kMaxFaultsShown) {
    line += "; and " + std::to_string(error.fields.size() - kMaxFaultsShown) + " more";
  }
  return WithoutControls(std::move(line));
}

}  // namespace users
