#include "support/gateway_event.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text/text.h"

namespace users::testing {
namespace {

namespace bj = boost::json;

// "/users/{userId}/roles/{role}"
std::string ResourceOf(const std::string& path) {
  const auto segments = Split(path, '/');
  std::string resource;
  for (std::size_t i = 1; i < segments.size(); ++i) {
    resource += '/';
    resource += i == 2 ? "{userId}" : i == 4 ? "{role}" : segments[i];
  }
  return resource;
}

bj::value OrNull(const bj::object& object) {
  return object.empty() ? bj::value() : bj::value(object);
}

template <class Pairs>
void AddTexts(bj::object& event, const char* single, const char* several, const Pairs& pairs) {
  bj::object last;
  bj::object all;
  for (const auto& [name, value] : pairs) {
    last[name] = value;
    auto& values = all[name];
    if (!values.is_array()) values = bj::array();
    values.as_array().push_back(bj::string(value));
  }
  event[single] = OrNull(last);
  event[several] = OrNull(all);
}

}  // namespace

boost::json::object GatewayEvent(const GatewayRequest& request) {
  bj::object event;
  event["resource"] = ResourceOf(request.path);
  event["path"] = request.path;
  event["httpMethod"] = request.method;
  AddTexts(event, "headers", "multiValueHeaders", request.headers);
  AddTexts(event, "queryStringParameters", "multiValueQueryStringParameters", request.query);
  bj::object parameters;
  for (const auto& [name, value] : request.path_parameters) parameters[name] = value;
  event["pathParameters"] = OrNull(parameters);
  event["stageVariables"] = nullptr;
  bj::object identity = {{"accessKey", request.access_key},   {"accountId", "123456789012"},
                         {"caller", "AIDACKCEVSQ6C2EXAMPLE"}, {"sourceIp", "192.0.2.1"},
                         {"user", "AIDACKCEVSQ6C2EXAMPLE"},   {"userAgent", "test"},
                         {"userArn", request.user_arn}};
  event["requestContext"] = {
      {"accountId", "123456789012"},
      {"apiId", "abcdef1234"},
      {"httpMethod", request.method},
      {"identity", std::move(identity)},
      {"path", request.stage.empty() ? request.path : "/" + request.stage + request.path},
      {"protocol", "HTTP/1.1"},
      {"requestId", request.request_id},
      {"requestTimeEpoch", 1767225600000},
      {"resourcePath", ResourceOf(request.path)},
      {"stage", request.stage.empty() ? "prod" : request.stage}};
  event["body"] = request.body.empty() ? bj::value() : bj::value(request.body);
  event["isBase64Encoded"] = false;
  return event;
}

std::string GatewayEventText(const GatewayRequest& request) {
  return bj::serialize(GatewayEvent(request));
}

GatewayRequest Post(std::string method, std::string path, std::string body) {
  GatewayRequest request;
  request.method = std::move(method);
  request.path = std::move(path);
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

HttpReply ReadProxyResponse(const std::string& response) {
  HttpReply reply;
  bj::error_code error;
  const bj::value parsed = bj::parse(response, error);
  const auto* object = error ? nullptr : parsed.if_object();
  if (object == nullptr || object->size() != 4 || !object->contains("statusCode") ||
      !object->contains("headers") || !object->contains("body") ||
      !object->contains("isBase64Encoded") || !object->at("statusCode").is_int64() ||
      !object->at("headers").is_object() || !object->at("body").is_string() ||
      object->at("isBase64Encoded") != false) {
    ADD_FAILURE() << "not a proxy response: " << response;
    return reply;
  }
  reply.status = static_cast<int>(object->at("statusCode").as_int64());
  reply.body = object->at("body").as_string();
  for (const auto& header : object->at("headers").as_object()) {
    EXPECT_TRUE(header.value().is_string()) << response;
    if (header.value().is_string()) {
      reply.headers.emplace_back(header.key(), header.value().as_string());
    }
  }
  return reply;
}

}  // namespace users::testing
