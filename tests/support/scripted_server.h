#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace users::testing {

// A server on a loopback port that runs a test's script, including misbehaviour. Each connection is
// passed to the script on its own thread, and closed afterwards. Thread-safe.
class ScriptedServer {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  // Gets the connection and its number, counted from 0.
  using Script = std::function<void(Socket&, int)>;

  explicit ScriptedServer(Script script)
      : script_(std::move(script)),
        acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this] { Run(); }) {}

  // Waits for the scripts, so clients must close their connections first.
  ~ScriptedServer() {
    stopping_ = true;
    boost::system::error_code ignored;
    Socket waker(context_);
    waker.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    for (std::thread& connection : connections_) connection.join();
  }

  unsigned short port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return count_; }

  // Reads one request, with Content-Length or without a body. Returns "" at the end of the
  // connection.
  template <class Stream>
  static std::string ReadRequest(Stream& stream) {
    std::string text;
    boost::system::error_code error;
    const std::size_t head =
        boost::asio::read_until(stream, boost::asio::dynamic_buffer(text), "\r\n\r\n", error);
    if (error) return "";
    const std::size_t at = text.find("Content-Length: ");
    const std::size_t length = at < head ? std::stoul(text.substr(at + 16)) : 0;
    if (text.size() < head + length) {
      boost::asio::read(stream, boost::asio::dynamic_buffer(text),
                        boost::asio::transfer_exactly(head + length - text.size()), error);
    }
    return text;
  }

  // Writes the text and ignores errors.
  template <class Stream>
  static void Write(Stream& stream, const std::string& text) {
    boost::system::error_code ignored;
    boost::asio::write(stream, boost::asio::buffer(text), ignored);
  }

  // Returns the text of an HTTP response.
  static std::string Response(int status, const std::string& body,
                              const std::string& headers = "") {
    return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  // Returns when the client has closed the connection.
  static void WaitForEnd(Socket& socket) {
    char byte = 0;
    boost::system::error_code error;
    while (!error) socket.read_some(boost::asio::buffer(&byte, 1), error);
  }

 private:
  void Run() {
    while (true) {
      boost::system::error_code error;
      auto socket = std::make_shared<Socket>(context_);
      acceptor_.accept(*socket, error);
      if (stopping_ || error) return;
      connections_.emplace_back([this, socket, number = count_++] { script_(*socket, number); });
    }
  }

  Script script_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::atomic<int> count_{0};
  std::vector<std::thread> connections_;
  std::thread thread_;
};

}  // namespace users::testing
