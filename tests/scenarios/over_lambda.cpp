#include "scenarios/over_lambda.h"

#include <boost/uuid/random_generator.hpp>
#include <boost/uuid/uuid_io.hpp>

#include "api/request.h"
#include "api/response.h"
#include "net/http_head.h"

namespace users::testing {
namespace {

constexpr std::string_view kApiArn = "arn:aws:execute-api:us-east-1:000000000000:users/prod";

FunctionEnvironment Complete(FunctionEnvironment environment) {
  environment["USER_LIST_SHARDS"] = "3";
  environment["ROLE_CATALOG_PATH"] = FilesForScenarios().roles;
  return environment;
}

}  // namespace

OverLambda::OverLambda(const std::string& store_url, const storage::dynamodb::TableNames& tables,
                       std::function<void()> before_call)
    : environment_(Complete(StoreEnvironment(store_url, tables))),
      before_call_(std::move(before_call)) {
  principals_ = std::move(*server::PrincipalStore::Open(FilesForScenarios().principals, log_));
  authenticator_ = std::make_unique<server::Authenticator>(*principals_, "us-east-1");
}

HttpReply OverLambda::Send(const HttpCall& call, const aws::Credentials& credentials) {
  request_id_ = boost::uuids::to_string(boost::uuids::random_generator()());
  const std::string text = SignedRequest(call, credentials, clock_.Now());
  api::Operation operation{};
  const auto request = Admit(call, text, operation);
  if (!request.ok()) return Reject(request.error());
  if (before_call_) before_call_();
  return FunctionOf(operation).Invoke(*request);
}

Result<GatewayRequest> OverLambda::Admit(const HttpCall& call, const std::string& text,
                                         api::Operation& operation) {
  net::RequestHead head;
  const std::size_t head_size = text.size() - call.body.size();
  if (!net::ParseRequestHead(std::string_view(text).substr(0, head_size), head)) {
    return Error::Internal();
  }
  // The gateway does not distinguish an unknown path or method from an unsigned request.
  const api::Route route = api::FindRoute(head.method, head.path);
  if (!route.operation) return Error::Of(ErrorCode::kAuthentication, "Missing token");
  operation = *route.operation;
  server::Rejection rejection;
  const auto identity = authenticator_->Authenticate(head, call.body, clock_.Now(), rejection);
  if (!identity.ok()) return identity.error();
  const std::string resource =
      std::string(kApiArn) + "/" + std::string(head.method) + route.decoded_path;
  if (!identity->principal->policy.Allows("execute-api:invoke", resource)) {
    return Error::Of(ErrorCode::kForbidden, "User is not authorized to perform this");
  }

  GatewayRequest request;
  request.method = head.method;
  request.path = head.path;
  if (!route.user_id.empty()) request.path_parameters["userId"] = route.user_id;
  if (!route.role.empty()) request.path_parameters["role"] = route.role;
  // API Gateway reads an unencoded `+` as a space. The contract does not mention that, and no
  // scenario that runs here contains one.
  for (const api::QueryParameter& parameter : api::ParseQuery(head.query)) {
    request.query.emplace_back(parameter.name, parameter.value);
  }
  for (const HeaderField& field : head.fields) {
    request.headers.emplace_back(field.name, field.value);
  }
  request.headers.emplace_back("X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793");
  request.headers.emplace_back("X-Forwarded-For", "192.0.2.1");
  request.body = call.body;
  request.user_arn = identity->principal->arn;
  request.access_key = identity->known->key->access_key_id;
  request.request_id = request_id_;
  return request;
}

// The same as its gateway responses, which carry the gateway's own request id.
HttpReply OverLambda::Reject(const Error& error) {
  const api::Response response = api::ErrorResponse(error);
  HttpReply reply;
  reply.status = response.status;
  reply.body = response.body;
  api::ForEachHeader(response, request_id_, [&](std::string_view name, std::string_view value) {
    reply.headers.emplace_back(name, value);
  });
  return reply;
}

RunningFunction& OverLambda::FunctionOf(api::Operation operation) {
  auto& function = functions_[operation];
  if (function == nullptr) {
    function = std::make_unique<RunningFunction>(std::string(api::NameOf(operation)), environment_);
  }
  return *function;
}

std::string OverLambda::output() {
  std::string text;
  for (const auto& [operation, function] : functions_) {
    text += function->process().output() + function->process().errors();
  }
  return text;
}

}  // namespace users::testing
