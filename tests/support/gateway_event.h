#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "support/signed_request.h"

namespace users::testing {

// A request that API Gateway has admitted.
struct GatewayRequest {
  std::string method = "GET";
  std::string path = "/users";  // as the caller sent it
  std::string stage;            // empty for a custom domain without a stage in the path
  std::map<std::string, std::string> path_parameters;
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  Headers headers;
  std::string body;
  std::string user_arn = "arn:aws:iam::123456789012:user/admin";
  std::string access_key = "AKIDSCENARIOadminXXXXXXX";
  std::string request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
};

// Returns the event that a function gets (docs.aws.amazon.com, "Lambda proxy integrations", format
// 1.0). Empty members are null.
boost::json::object GatewayEvent(const GatewayRequest& request);
std::string GatewayEventText(const GatewayRequest& request);

// Returns a request with a JSON body.
GatewayRequest Post(std::string method, std::string path, std::string body);

// Returns the response that API Gateway makes of a function's result. Reports to GoogleTest a
// result that it would consider malformed and turn into a 502.
HttpReply ReadProxyResponse(const std::string& response);

}  // namespace users::testing
