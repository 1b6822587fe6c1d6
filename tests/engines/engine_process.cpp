#include "engines/engine_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>

namespace users::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds kStartTime{60};
constexpr int kStarts = 3;  // another program may have taken the port in the meantime

tcp::endpoint Loopback(unsigned short port) {
  return tcp::endpoint(asio::ip::address_v4::loopback(), port);
}

// Engines reject unsigned calls but accept any well-formed signature.
bool Responses(unsigned short port) {
  constexpr std::string_view kBody = "{}";
  const std::string request =
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
      "Content-Type: application/x-amz-json-1.0\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\n"
      "X-Amz-Date: 20260101T000000Z\r\n"
      "Authorization: AWS4-HMAC-SHA256 Credential=probe/20260101/us-east-1/dynamodb/aws4_request, "
      "SignedHeaders=host;x-amz-date, Signature=" +
      std::string(64, '0') + "\r\nContent-Length: " + std::to_string(kBody.size()) + "\r\n\r\n" +
      std::string(kBody);
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect(Loopback(port), error);
  if (!error) asio::write(socket, asio::buffer(request), error);
  if (error) return false;
  std::string status_line(12, '\0');
  asio::read(socket, asio::buffer(status_line), error);
  return status_line == "HTTP/1.1 200";
}

}  // namespace

unsigned short FreePort() {
  asio::io_context context;
  const tcp::acceptor acceptor(context, Loopback(0));
  return acceptor.local_endpoint().port();
}

EngineProcess::EngineProcess(const std::string& engine) {
  for (int i = 0; i < kStarts && !ready_; ++i) {
    Start(engine);
    ready_ = WaitUntilReady();
    if (!ready_) Stop();
  }
}

EngineProcess::~EngineProcess() {
  Stop();
}

void EngineProcess::Start(const std::string& engine) {
  port_ = FreePort();
  std::string program = ENGINES_START;
  std::string name = engine;
  std::string port = std::to_string(port_);
  char* const argv[] = {program.data(), name.data(), port.data(), nullptr};
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int quiet = ::open("/dev/null", O_WRONLY);
  ::dup2(quiet, STDOUT_FILENO);
  ::execv(argv[0], argv);
  ::_exit(127);
}

bool EngineProcess::WaitUntilReady() {
  const auto until = std::chrono::steady_clock::now() + kStartTime;
  while (std::chrono::steady_clock::now() < until) {
    if (Responses(port_)) return true;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

void EngineProcess::Stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // its data is in memory only, so a clean exit has no benefit
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace users::testing
