#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace users::testing {

// The real `usersd serve`, started on free loopback ports and stopped with the test. Not
// thread-safe.
class ServerProcess {
 public:
  // Starts the program with these arguments after `serve --listen 127.0.0.1:0` and waits for the
  // ready line. The log goes to `log_file`.
  ServerProcess(const std::vector<std::string>& arguments, const std::string& log_file);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  bool is_ready() const { return port_ != 0; }
  unsigned short port() const { return port_; }
  unsigned short admin_port() const { return admin_port_; }

  // Sends a signal.
  void Signal(int signal);

  // Sends SIGTERM and returns the exit code.
  int Stop();
  // Sends SIGKILL and waits.
  void Kill();

 private:
  int Wait();

  pid_t pid_ = -1;
  unsigned short port_ = 0;
  unsigned short admin_port_ = 0;
};

}  // namespace users::testing
