#include "lambda_runtime/function.h"

#include <netdb.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <csignal>
#include <cstdio>

#include "base/async/run_task.h"

extern "C" int __nss_configure_lookup(const char* database, const char* services);  // NOLINT

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kInitFailed = "Function.ConfigurationInvalid";

// A statically linked program must not load modules: neither those that nsswitch.conf names, nor
// those of OpenSSL's configuration.
void StandAlone() {
  ::__nss_configure_lookup("hosts", "files dns");
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
}

}  // namespace

Function::Function()
    : sink_(STDOUT_FILENO),
      log_(sink_, clock_, LogLevel::kInfo),
      environment_(aws::ProcessEnvironment()) {}

int Function::Run(const Build& build) {
  StandAlone();
  std::signal(SIGPIPE, SIG_IGN);
  return Function().Serve(build);
}

int Function::Serve(const Build& build) {
  const std::string address = environment_("AWS_LAMBDA_RUNTIME_API").value_or("");
  auto url = RuntimeApi::ParseAddress(address);
  if (!url.ok()) {
    std::fputs("AWS_LAMBDA_RUNTIME_API must be HOST:PORT: this program runs in AWS Lambda\n",
               stderr);
    return kExitCannotRun;
  }
  RuntimeApi runtime(std::move(*url), clock_);
  auto built = Initialise(build);
  if (!built.ok()) {
    const std::string reason = InOneLine(built.error());
    log_.Error("init_failed").Text("reason", reason);
    const auto told = RunTask(runtime.FailInit(std::string(kInitFailed), reason));
    if (!told.ok()) log_.Error("runtime_gone").Text("reason", told.error().message);
    return built.error().exit_code;
  }
  handler_ = std::move(*built);

  Status ended = Done{};
  const auto serve = [&]() -> Task<void> {
    const Handler handle = [this](const Invocation& invocation) { return Handle(invocation); };
    ended = co_await ServeInvocations(runtime, handle, replace_, sink_, log_);
    context_.stop();
  };
  boost::asio::co_spawn(context_, serve, boost::asio::detached);
  context_.run();
  if (!ended.ok()) log_.Error("runtime_gone").Text("reason", ended.error().message);
  return kExitFault;
}

Result<Handler, ProgramError> Function::Initialise(const Build& build) {
  auto tracer = Tracer::Make(context_, environment_("AWS_XRAY_DAEMON_ADDRESS").value_or(""),
                             aws::Region(environment_).value_or(""));
  if (!tracer.ok()) return std::move(tracer.error());
  tracer_ = std::move(*tracer);
  return build(*this);
}

void Function::Prepare(Task<Status> preparation) {
  is_preparing_ = true;
  boost::asio::co_spawn(context_, FinishPreparing(std::move(preparation)), boost::asio::detached);
}

Task<void> Function::FinishPreparing(Task<Status> preparation) {
  const Status done = co_await std::move(preparation);
  // The parts that needed the preparation retry on their own.
  if (!done.ok()) log_.Warning("not_prepared").Text("reason", done.error().message);
  is_preparing_ = false;
  preparation_.cancel();
}

Task<Result<std::string>> Function::Handle(const Invocation& invocation) {
  tracer_->Begin(invocation.trace);
  if (is_preparing_) {
    boost::system::error_code ignored;
    preparation_.expires_at(invocation.work_deadline());
    co_await preparation_.async_wait(boost::asio::redirect_error(kUseTask, ignored));
  }
  co_return co_await handler_(invocation);
}

}  // namespace users::lambda_runtime
