#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/json/json_reader.h"
#include "base/result.h"
#include "domain/if_match.h"
#include "service/user_service.h"

namespace users::api {

// Reads and validates a whole request, and collects every fault before the operation has any
// effect. Views point into the request, which must outlive this. Not thread-safe.
//   auto input = Input::WithBody(request);
//   if (!input.ok()) co_return input.error();  // the response, 415
//   const auto name = input->body().String("name", json::Presence::kRequired);
//   ...
//   if (auto faults = input->Finish(); !faults.ok()) co_return faults.error();  // 400
class Input {
 public:
  // Reads the request of an operation with a JSON body. The error is the response: 415 if the body
  // is not JSON.
  static Result<Input, Response> WithBody(const Request& request);
  // Reads the request of an operation without a body.
  static Input WithoutBody(const Request& request);

  Input(Input&&) = default;

  // The body's members, and the faults found so far.
  json::ObjectReader& body() { return *body_; }
  json::FieldErrors& errors() { return *errors_; }

  // Returns the query parameter of this name, or nothing if it was not sent.
  std::optional<std::string_view> Query(std::string_view name);
  // Returns the parameter `limit`: 1 to 100, 50 if absent.
  std::size_t Limit();

  // The place from which an operation reads its idempotency key. If the key is in the body and a
  // header was sent too, both must be equal.
  enum class KeyIn { kHeader, kBody };
  // Returns the arguments that all writes share, except the precondition and the renderer.
  service::WriteContext WriteContextOf(Operation operation, KeyIn key_in);
  // Returns the precondition of a change.
  std::optional<domain::IfMatch> IfMatch();

  // Rejects the members and parameters that were not read. Fails with kValidation, which lists
  // every failing field.
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

// Returns the context for an operation that only reads. It has only the deadline, because a read
// stores nothing about the caller.
service::CallContext ReadContextOf(const Request& request);

}  // namespace users::api
