#include "lambda_runtime/loop.h"

#include <exception>

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kFailed = "Function.Failed";

// An exception from a library ends the invocation, not the process.
Task<Result<std::string>> HandleSafely(const Handler& handler, const Invocation& invocation,
                                       const Log& log) {
  try {
    co_return co_await handler(invocation);
  } catch (const std::exception& thrown) {
    log.Error("handler_threw").Text("reason", thrown.what());
  } catch (...) {
    log.Error("handler_threw");
  }
  co_return Error::Internal();
}

}  // namespace

Task<Status> ServeInvocations(RuntimeApi& runtime, Handler handler, Replacement replace,
                              InvocationSink& sink, const Log& log) {
  while (true) {
    auto invocation = co_await runtime.Next();
    if (!invocation.ok()) co_return std::move(invocation.error());
    sink.Begin(invocation->request_id, invocation->trace.root);
    Result<std::string> response = co_await HandleSafely(handler, *invocation, log);

    Result<Delivery> delivery = Delivery::kAccepted;
    if (response.ok()) {
      delivery = co_await runtime.Respond(invocation->request_id, std::move(*response));
      if (delivery.ok() && *delivery == Delivery::kTooLarge) {
        log.Error("response_too_large");
        delivery = co_await runtime.Respond(invocation->request_id, replace());
      }
    } else {
      log.Error("invocation_failed").Text("reason", response.error().message);
      delivery = co_await runtime.Fail(invocation->request_id, std::string(kFailed),
                                       response.error().message);
    }
    if (!delivery.ok()) co_return std::move(delivery.error());
    if (*delivery != Delivery::kAccepted) log.Error("response_rejected");
    sink.End();
  }
}

}  // namespace users::lambda_runtime
