// Responses in the form that API Gateway expects (lambda_runtime/proxy_event.h).
#include <gtest/gtest.h>

#include "lambda_runtime/operation_handler.h"
#include "lambda_runtime/proxy_event.h"
#include "support/gateway_event.h"

namespace users::testing {
namespace {

using lambda_runtime::ProxyResponse;

TEST(ProxyResponse, HasStatusHeadersAndBody) {
  api::Response response;
  response.status = 201;
  response.body = "{\"name\":\"\xC3\xA4\\n\\\"\"}";
  response.version = 7;
  response.location = "/prod/users/U\"\n";
  response.replayed = true;
  response.retry_after = std::chrono::seconds(3);
  response.allow = "GET";
  const HttpReply reply = ReadProxyResponse(ProxyResponse(response, "c-1"));
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, response.body);
  const Headers expected = {{"Content-Type", "application/json"},
                            {"Cache-Control", "no-store, no-transform"},
                            {"X-Correlation-Id", "c-1"},
                            {"ETag", "\"7\""},
                            {"Location", "/prod/users/U\"\n"},
                            {"Allow", "GET"},
                            {"Retry-After", "3"},
                            {"Idempotency-Replayed", "true"}};
  EXPECT_EQ(reply.headers, expected);
}

TEST(ProxyResponse, HasTheContractBodyForErrors) {
  const Error error = Error::Unavailable("The store cannot be reached.");
  const HttpReply reply = ReadProxyResponse(ProxyResponse(api::ErrorResponse(error), "c"));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body,
            R"({"code":"UNAVAILABLE","message":"The store cannot be reached.","details":{}})");
  EXPECT_EQ(HeaderOf(reply, "Retry-After"), "1");
}

}  // namespace
}  // namespace users::testing
