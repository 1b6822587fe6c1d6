#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "api/request.h"
#include "base/json_reader.h"
#include "base/result.h"
#include "domain/if_match.h"
#include "service/user_service.h"

namespace users::api {

// Reads and judges the whole of a request, gathering every fault, before anything is done with it.
//   auto input = Input::WithBody(request);
//   if (!input.ok()) co_return input.error();        // 415
//   const auto name = input->body().String("name", json::Presence::kRequired);
//   ...
//   if (auto faults = input->Finish(); !faults.ok()) co_return faults.error();  // 400
class Input {
 public:
  // For operations with a JSON body; the error is 415.
  static Result<Input> WithBody(const Request& request);
  // For operations without one.
  static Input WithoutBody(const Request& request);

  Input(Input&&) = default;

  json::ObjectReader& body() { return *body_; }
  json::FieldErrors& errors() { return *errors_; }

  // The query parameter of this name, if it was sent.
  std::optional<std::string_view> Query(std::string_view name);
  // The parameter `limit`: 1 to 100, 50 where absent.
  std::size_t Limit();

  // The precondition of a write.
  std::optional<domain::IfMatch> IfMatch();
  // The key of an operation that takes it from the header.
  std::optional<std::string> IdempotencyKeyFromHeader();
  // The key of an operation that takes it from the body; a header, where sent, must equal it.
  std::optional<std::string> IdempotencyKeyFromBody();

  // Reports what was never asked for. An error lists every failing field.
  Status Finish();

 private:
  explicit Input(const Request& request)
      : request_(request), errors_(std::make_unique<json::FieldErrors>()) {}
  void ParseBody();

  const Request& request_;
  std::unique_ptr<json::FieldErrors> errors_;
  std::unique_ptr<boost::json::value> value_;
  std::unique_ptr<json::ObjectReader> body_;
  std::unordered_set<std::string> known_queries_;
};

// What every operation hands to the service with its arguments; one that only reads leaves no trace
// of who asked, so it hands over no more than the deadline.
service::CallContext CallContextOf(const Request& request);
service::CallContext ReadContextOf(const Request& request);

}  // namespace users::api
