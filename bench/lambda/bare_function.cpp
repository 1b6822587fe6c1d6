// The minimum that a function of AWS Lambda can do at its start: it requests an event over a plain
// socket and waits. Any time that our functions take beyond this is their own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

int main() {
  const char* variable = std::getenv("AWS_LAMBDA_RUNTIME_API");
  const std::string address = variable == nullptr ? "" : variable;
  const std::size_t colon = address.find(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  if (colon == address.npos ||
      ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) {
    std::fputs("AWS_LAMBDA_RUNTIME_API must be ADDRESS:PORT\n", stderr);
    return 2;
  }
  to.sin_port = htons(static_cast<std::uint16_t>(std::atoi(address.c_str() + colon + 1)));

  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  const std::string request =
      "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: " + address + "\r\n\r\n";
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 ||
      ::write(socket, request.data(), request.size()) != static_cast<ssize_t>(request.size())) {
    std::perror("the runtime interface");
    return 1;
  }
  char byte = 0;
  (void)!::read(socket, &byte, 1);  // until the harness ends the process
  return 0;
}
