#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "api/routes.h"
#include "base/log.h"
#include "scenarios/scenario.h"
#include "server/authenticator.h"
#include "server/principal_store.h"
#include "support/memory_sink.h"
#include "support/running_function.h"

namespace users::testing {

// The real functions on a pair of empty tables, each started by its first call, behind a stand-in
// for API Gateway. The stand-in authenticates and authorises with usersd's own parts, responds to
// requests that no function gets, and sends proxy events for the others. Not thread-safe.
class OverLambda final : public ScenarioTarget {
 public:
  // `before_call` is called before each event.
  OverLambda(const std::string& store_url, const storage::dynamodb::TableNames& tables,
             std::function<void()> before_call = {});

  HttpReply Send(const HttpCall& call, const aws::Credentials& credentials) override;
  bool Advance(std::chrono::seconds) override { return false; }

  // Returns everything that the functions have written.
  std::string output();

 private:
  RunningFunction& FunctionOf(api::Operation operation);
  // Returns the event for a function, or the error with which API Gateway rejects the request.
  Result<GatewayRequest> Admit(const HttpCall& call, const std::string& text,
                               api::Operation& operation);
  HttpReply Reject(const Error& error);

  const FunctionEnvironment environment_;
  const std::function<void()> before_call_;
  SystemClock clock_;
  MemorySink sink_;
  Log log_{sink_, clock_, LogLevel::kInfo};
  std::string request_id_;  // of the current request, a UUID
  std::unique_ptr<server::PrincipalStore> principals_;
  std::unique_ptr<server::Authenticator> authenticator_;
  std::map<api::Operation, std::unique_ptr<RunningFunction>> functions_;
};

}  // namespace users::testing
