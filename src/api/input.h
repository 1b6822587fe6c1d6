#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "api/operation.h"
#include "api/request.h"
#include "base/json/json_reader.h"
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

  // Where an operation takes its idempotency key from. If the key is in the body, a header that was
  // sent too must equal it.
  enum class KeyIn { kHeader, kBody };
  // What all writes have in common, but for the precondition and the renderer.
  service::WriteContext WriteContextOf(Operation operation, KeyIn key_in);
  // The precondition of a change.
  std::optional<domain::IfMatch> IfMatch();

  // Reports what was never asked for. An error lists every failing field.
  Status Finish();

 private:
  explicit Input(const Request& request)
      : request_(request), errors_(std::make_unique<json::FieldErrors>()) {}
  void ParseBody();
  std::optional<std::string> IdempotencyKeyFromHeader();
  std::optional<std::string> IdempotencyKeyFromBody();
  std::optional<std::string> AuditReason();

  const Request& request_;
  std::unique_ptr<json::FieldErrors> errors_;
  std::unique_ptr<boost::json::value> value_;
  std::unique_ptr<json::ObjectReader> body_;
  std::unordered_set<std::string> known_queries_;
};

// What an operation that only reads hands to the service. It leaves no trace of the caller, so it
// hands over no more than the deadline.
service::CallContext ReadContextOf(const Request& request);

}  // namespace users::api
