#include "wiring/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <thread>

#include "base/json.h"

namespace users::wiring {
namespace {

using boost::asio::local::stream_protocol;

constexpr std::string_view kSocketName = "/control";
constexpr std::size_t kMostLineBytes = 4096;
constexpr std::chrono::milliseconds kRequestTime{5'000};
constexpr std::chrono::milliseconds kAcceptBackOff{100};

// A directory under a short name: a socket's path holds 107 bytes at most, a directory's is not
// ours to choose.
class ShortName {
 public:
  explicit ShortName(const std::string& directory)
      : fd_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~ShortName() {
    if (fd_ >= 0) ::close(fd_);
  }
  ShortName(const ShortName&) = delete;
  ShortName& operator=(const ShortName&) = delete;

  stream_protocol::endpoint socket() const {
    return stream_protocol::endpoint("/proc/self/fd/" + std::to_string(fd_) +
                                     std::string(kSocketName));
  }

 private:
  const int fd_;
};

Result<std::string> ReadLine(stream_protocol::socket& socket) {
  std::string line;
  boost::system::error_code error;
  const std::size_t size = boost::asio::read_until(
      socket, boost::asio::dynamic_buffer(line, kMostLineBytes), '\n', error);
  if (error) return Error::Unavailable(error.message());
  line.resize(size - 1);
  return line;
}

std::string Member(const std::string& line, std::string_view name) {
  const auto parsed = json::ParseFile(line);
  if (!parsed.ok() || !parsed->is_object()) return "";
  const auto* value = parsed->get_object().if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

std::string Line(std::string_view name, const std::string& value) {
  std::string line;
  json::ObjectWriter writer(line);
  writer.String(name, value);
  writer.Close();
  return line + "\n";
}

class Server final : public ControlServer {
 public:
  Server(std::string data_directory, storage::local::LocalStore& store, const Log& log)
      : data_directory_(std::move(data_directory)), store_(store), log_(log), acceptor_(context_) {}

  ~Server() override {
    stopping_ = true;
    {
      // Whoever is being served is hung up on; whoever waits finds the socket closed.
      const std::lock_guard lock(mutex_);
      if (serving_ != nullptr) ::shutdown(serving_->native_handle(), SHUT_RDWR);
    }
    if (thread_.joinable()) {
      ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
      thread_.join();
    }
    std::error_code ignored;
    std::filesystem::remove(data_directory_ + std::string(kSocketName), ignored);
  }

  Status Open() {
    RemoveLeftSnapshots();
    const std::string path = data_directory_ + std::string(kSocketName);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    boost::system::error_code error;
    acceptor_.open(stream_protocol(), error);
    if (!error) acceptor_.bind(ShortName(data_directory_).socket(), error);
    if (!error && ::chmod(path.c_str(), 0600) != 0) {
      error.assign(errno, boost::system::generic_category());
    }
    if (!error) acceptor_.listen(1, error);
    if (error) return Error::Unavailable("cannot hold a socket (" + error.message() + ")");
    thread_ = std::thread([this] { Run(); });
    return Done{};
  }

 private:
  void Run() {
    while (!stopping_) {
      stream_protocol::socket socket(context_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error) {  // out of files, if not the end
        if (!stopping_) std::this_thread::sleep_for(kAcceptBackOff);
        continue;
      }
      {
        const std::lock_guard lock(mutex_);
        serving_ = &socket;
      }
      if (!stopping_) Serve(socket);
      const std::lock_guard lock(mutex_);
      serving_ = nullptr;
    }
  }

  void Serve(stream_protocol::socket& socket) {
    // Requests come one after the other: who connects and says nothing must not keep the others
    // out.
    struct pollfd readable {
      socket.native_handle(), POLLIN, 0
    };
    if (::poll(&readable, 1, static_cast<int>(kRequestTime.count())) != 1) return;
    const auto line = ReadLine(socket);
    if (!line.ok()) return;
    boost::system::error_code ignored;
    if (Member(*line, "command") != "snapshot") {
      boost::asio::write(socket, boost::asio::buffer(Line("error", "unknown command")), ignored);
      return;
    }
    const std::string directory =
        data_directory_ + "/" + std::string(kSnapshotPrefix) + std::to_string(++snapshots_);
    const auto linked = store_.LinkFilesTo(directory);
    const std::string answer =
        linked.ok() ? Line("directory", directory) : Line("error", linked.error().message);
    log_.Info("snapshot").Bool("made", linked.ok());
    boost::asio::write(socket, boost::asio::buffer(answer), ignored);
    char byte = 0;
    socket.read_some(boost::asio::buffer(&byte, 1), ignored);  // until the caller hangs up
    std::error_code also_ignored;
    std::filesystem::remove_all(directory, also_ignored);
  }

  void RemoveLeftSnapshots() {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(data_directory_, ignored)) {
      if (entry.path().filename().string().starts_with(kSnapshotPrefix)) {
        std::filesystem::remove_all(entry.path(), ignored);
      }
    }
  }

  const std::string data_directory_;
  storage::local::LocalStore& store_;
  const Log& log_;
  boost::asio::io_context context_;
  stream_protocol::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::uint64_t snapshots_ = 0;
  std::mutex mutex_;
  stream_protocol::socket* serving_ = nullptr;
  std::thread thread_;
};

class Snapshot final : public RemoteSnapshot {
 public:
  explicit Snapshot(std::unique_ptr<boost::asio::io_context> context)
      : context_(std::move(context)), socket_(*context_) {}

  stream_protocol::socket& socket() { return socket_; }
  void set_directory(std::string directory) { directory_ = std::move(directory); }
  const std::string& directory() const override { return directory_; }

 private:
  std::unique_ptr<boost::asio::io_context> context_;
  stream_protocol::socket socket_;
  std::string directory_;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& data_directory,
                                                            storage::local::LocalStore& store,
                                                            const Log& log) {
  auto server = std::make_unique<Server>(data_directory, store, log);
  if (auto opened = server->Open(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<ControlServer>(std::move(server));
}

Result<std::unique_ptr<RemoteSnapshot>> RemoteSnapshot::Take(const std::string& data_directory) {
  auto snapshot = std::make_unique<Snapshot>(std::make_unique<boost::asio::io_context>());
  boost::system::error_code error;
  snapshot->socket().connect(ShortName(data_directory).socket(), error);
  if (error) return std::unique_ptr<RemoteSnapshot>();
  const std::string request = Line("command", "snapshot");
  boost::asio::write(snapshot->socket(), boost::asio::buffer(request), error);
  const auto answer = ReadLine(snapshot->socket());
  if (!answer.ok()) return Error::Unavailable("the server that runs on it hung up");
  std::string directory = Member(*answer, "directory");
  if (directory.empty()) {
    return Error::Unavailable("the server that runs on it refused: " + Member(*answer, "error"));
  }
  snapshot->set_directory(std::move(directory));
  return std::unique_ptr<RemoteSnapshot>(std::move(snapshot));
}

}  // namespace users::wiring
