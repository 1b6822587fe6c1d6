#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "storage/dynamodb/requests.h"
#include "support/fake_runtime_api.h"
#include "support/function_process.h"
#include "support/gateway_event.h"
#include "support/temporary_directory.h"

namespace users::testing {

// Returns the environment that functions need to reach their tables with EngineCredentials().
FunctionEnvironment StoreEnvironment(const std::string& url,
                                     const storage::dynamodb::TableNames& tables);

// The process of a function and its runtime interface. Not thread-safe.
class RunningFunction {
 public:
  // `environment` must not have the variables that Lambda adds: the address of its interface and
  // the function's name, which is OPERATION-dev.
  RunningFunction(const std::string& operation, FunctionEnvironment environment)
      : process_(operation, Complete(operation, std::move(environment)), directory_ / "output") {}

  FakeRuntimeApi& runtime() { return runtime_; }
  FunctionProcess& process() { return process_; }

  // Handles an event and returns the response. Reports to GoogleTest if there is none.
  HttpReply Invoke(const FakeEvent& event) {
    const auto report = runtime_.Invoke(event);
    if (!report || report->kind != "response") {
      ADD_FAILURE() << "no response: " << (report ? report->kind + " " + report->body : "nothing")
                    << "\n"
                    << process_.output() << process_.errors();
      return HttpReply();
    }
    return ReadProxyResponse(report->body);
  }
  HttpReply Invoke(const GatewayRequest& request) { return Invoke(GatewayEventText(request)); }

  // Ends the process through its interface and returns its exit code.
  std::optional<int> End() {
    runtime_.RespondToNext(500);
    return process_.WaitForExit();
  }

 private:
  FunctionEnvironment Complete(const std::string& operation,
                               FunctionEnvironment environment) const {
    environment["AWS_LAMBDA_FUNCTION_NAME"] = operation + "-dev";
    environment["AWS_LAMBDA_RUNTIME_API"] = runtime_.address();
    return environment;
  }

  TemporaryDirectory directory_;
  FakeRuntimeApi runtime_;
  FunctionProcess process_;
};

}  // namespace users::testing
