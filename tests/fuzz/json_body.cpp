// JSON texts (base/json/json.h), and the body of a registration as the API validates it
// (api/input.h, domain/field_rules.h). The input is the body.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "api/input.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "domain/field_rules.h"
#include "domain/handle.h"
#include "fuzz.h"

namespace users::fuzz {
namespace {

namespace bj = boost::json;

// A text that is one number is read as the nearest double, as strtod does. A number out of range is
// read as the largest double of its sign.
void CheckNumber(std::string_view text, const bj::value& value) {
  if (!value.is_number()) return;
  double expected = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isinf(expected)) {
    expected = std::copysign(std::numeric_limits<double>::max(), expected);
  }
  PROMISE(value.to_number<double>() == expected);
}

// Every double in a value round-trips through its canonical form.
void CheckDoubles(const bj::value& value) {
  if (const double* number = value.if_double()) {
    PROMISE(std::isfinite(*number));
    PROMISE(std::strtod(json::Canonical(value).c_str(), nullptr) == *number);
  } else if (const auto* array = value.if_array()) {
    for (const bj::value& element : *array) CheckDoubles(element);
  } else if (const auto* object = value.if_object()) {
    for (const auto& member : *object) CheckDoubles(member.value());
  }
}

void CheckParsing(std::string_view text) {
  const auto parsed = json::Parse(text);
  const auto as_file = json::ParseFile(text);
  bj::error_code error;
  bj::parse(text, error);
  // Boost's own parser agrees on what is JSON, except for exponents that do not fit into an int.
  if (error && error != bj::error::exponent_overflow) PROMISE(!parsed.ok());
  if (!parsed.ok()) {
    PROMISE(!as_file.ok());
    PROMISE(as_file.error().code == ErrorCode::kValidation && as_file.error().fields.size() == 1);
    const json::ParseError& fault = parsed.error();
    PROMISE(fault.offset <= text.size() && !fault.message.empty());
    PROMISE(fault.line >= 1 && fault.column >= 1 && fault.line + fault.column <= fault.offset + 2);
    return;
  }
  PROMISE(IsValidUtf8(text));
  PROMISE(as_file.ok() == parsed->repeated.empty());
  CheckNumber(text, parsed->value);
  CheckDoubles(parsed->value);

  const std::string canonical = json::Canonical(parsed->value);
  PROMISE(IsValidUtf8(canonical));
  const auto again = json::Parse(canonical);
  PROMISE(again.ok() && again->repeated.empty());
  PROMISE(json::Canonical(again->value) == canonical);
  // Boost's serializer is not canonical, but the value must survive it too.
  const auto through_boost = json::Parse(bj::serialize(parsed->value));
  PROMISE(through_boost.ok() && json::Canonical(through_boost->value) == canonical);
}

struct Registration {
  std::optional<std::string> key, email, name, external_id, user_name;
  std::optional<domain::Metadata> metadata;
  bool operator==(const Registration&) const = default;
};

api::Request RequestWith(std::string_view body) {
  api::Request request;
  request.body = body;
  request.content_type = "application/json";
  return request;
}

// Metadata with keys is also a change that sets these keys. Other changes have a null.
void CheckChanges(const bj::value& value, const std::optional<domain::Metadata>& metadata) {
  json::FieldErrors errors;
  const auto changes = domain::CheckMetadataChanges(value, "metadataChanges", errors);
  PROMISE(changes.has_value() == errors.empty());
  if (!changes) {
    PROMISE(!metadata || metadata->empty());
    return;
  }
  domain::Metadata applied;
  domain::Apply(*changes, applied);
  PROMISE(!domain::SizeFaultOf(applied));
  if (metadata) PROMISE(applied == *metadata);
  const bool removes = std::any_of(changes->begin(), changes->end(),
                                   [](const auto& change) { return !change.second; });
  PROMISE(metadata.has_value() != removes);
}

// Returns the parsed registration, or nothing if it is rejected.
std::optional<Registration> Read(std::string_view body) {
  const api::Request request = RequestWith(body);
  auto input = api::Input::WithBody(request);
  PROMISE(input.ok());
  Registration read;
  read.key = input->WriteContextOf(api::Operation::kUsersProfileUpdate, api::Input::KeyIn::kBody)
                 .idempotency_key;
  if (const auto email = input->body().String("email", json::Presence::kRequired)) {
    read.email = domain::CheckEmail(*email, "email", input->errors());
  }
  if (const auto name = input->body().String("name", json::Presence::kRequired)) {
    read.name = domain::CheckName(*name, "name", input->errors());
  }
  const auto handle = [&](domain::HandleKind kind) -> std::optional<std::string> {
    const auto text = input->body().String(NameOf(kind), json::Presence::kOptional);
    return text ? CheckHandle(kind, *text, input->errors()) : std::nullopt;
  };
  read.external_id = handle(domain::HandleKind::kExternalId);
  read.user_name = handle(domain::HandleKind::kUserName);
  if (const auto* metadata = input->body().Find("metadata", json::Presence::kOptional)) {
    read.metadata = domain::CheckMetadata(*metadata, "metadata", input->errors());
    CheckChanges(*metadata, read.metadata);
  }
  const auto finished = input->Finish();
  if (finished.ok()) return read;
  PROMISE(finished.error().code == ErrorCode::kValidation && !finished.error().fields.empty());
  std::set<std::string> fields;
  for (const FieldError& fault : finished.error().fields) {
    PROMISE(!fault.message.empty() && fields.insert(fault.field).second);
  }
  return std::nullopt;
}

// The rules of the contract's section "Fields", implemented a second time.
void CheckFields(const Registration& read) {
  PROMISE(read.key && !read.key->empty() && read.key->size() <= 255);
  for (const char c : *read.key) PROMISE(c >= ' ' && c <= '~');

  PROMISE(read.email && read.email->size() <= 254);
  const std::size_t at = read.email->find('@');
  PROMISE(at != std::string::npos && at >= 1 && at <= 64 && at + 1 < read.email->size());
  for (const char c : *read.email) PROMISE(c > ' ' && c < 0x7F);
  PROMISE(read.email->find('@', at + 1) == std::string::npos);
  PROMISE(read.email->find("..", at) == std::string::npos && read.email->back() != '.');

  const auto check_text = [](const std::string& text, std::size_t max_characters) {
    PROMISE(CountCodePoints(text) >= 1 && CountCodePoints(text) <= max_characters);
    PROMISE(IsValidUtf8(text) && !HasControlCharacter(text));
    PROMISE(text.front() != ' ' && text.back() != ' ');
  };
  PROMISE(read.name);
  check_text(*read.name, 256);
  for (const auto* handle : {&read.external_id, &read.user_name}) {
    if (*handle) check_text(**handle, 255);
  }

  std::size_t bytes = 0;
  for (const auto& [key, value] : read.metadata.value_or(domain::Metadata())) {
    PROMISE(!key.empty() && key.size() <= 64 && key[0] != '$' && value.size() <= 1024);
    PROMISE(IsValidUtf8(key) && !HasControlCharacter(key));
    PROMISE(IsValidUtf8(value) && !HasControlCharacter(value));
    bytes += key.size() + value.size();
  }
  PROMISE(bytes <= 16 * 1024);
  PROMISE(!read.metadata || read.metadata->size() <= 50);
}

std::string Rendered(const Registration& read) {
  std::string out;
  json::ObjectWriter writer(out);
  writer.String("idempotencyKey", *read.key);
  writer.String("email", *read.email);
  writer.String("name", *read.name);
  if (read.external_id) writer.String("externalId", *read.external_id);
  if (read.user_name) writer.String("userName", *read.user_name);
  if (read.metadata) {
    bj::object metadata;
    for (const auto& [key, value] : *read.metadata) metadata[key] = value;
    writer.Raw("metadata", json::Canonical(metadata));
  }
  writer.Close();
  return out;
}

void Test(std::string_view body) {
  CheckParsing(body);
  if (const auto read = Read(body)) {
    CheckFields(*read);
    const std::string rendered = Rendered(*read);
    PROMISE(Read(rendered) == read);
    PROMISE(!Read(rendered + "x") && !Read("[" + rendered + "]"));
    std::string with_more = rendered;
    PROMISE(!Read(with_more.insert(1, R"("role":"admin",)")));
    std::string with_repeat = rendered;
    PROMISE(!Read(with_repeat.insert(1, R"("email":"a@b",)")));
  }
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
