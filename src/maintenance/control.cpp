#include "maintenance/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "base/async/timer.h"
#include "base/json/json.h"

namespace users::maintenance {
namespace {

using boost::asio::local::stream_protocol;

constexpr std::string_view kSocketName = "/control";
constexpr std::size_t kMaxLineBytes = 4096;
constexpr std::size_t kMaxConnections = 32;
constexpr std::chrono::seconds kRequestTime{5};
constexpr std::chrono::seconds kPauseAfterError{1};
// The limits of a client. They are longer than the server's own, because the server's error says
// more.
constexpr std::chrono::seconds kConnectTime{5};
constexpr std::chrono::seconds kResponseTime{75};

// A short path to a directory. The path of a socket holds at most 107 bytes, and an operator may
// choose a longer directory.
class ProcFdPath {
 public:
  explicit ProcFdPath(const std::string& directory)
      : fd_(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}
  ~ProcFdPath() {
    if (fd_ >= 0) ::close(fd_);
  }
  ProcFdPath(const ProcFdPath&) = delete;
  ProcFdPath& operator=(const ProcFdPath&) = delete;

  stream_protocol::endpoint socket() const {
    return stream_protocol::endpoint("/proc/self/fd/" + std::to_string(fd_) +
                                     std::string(kSocketName));
  }

 private:
  const int fd_;
};

// Returns one line without its end. Fails with kUnavailable if the connection was closed or no line
// arrived by the deadline.
Result<std::string> ReadLine(int socket, Deadline deadline) {
  std::string line;
  while (line.size() < kMaxLineBytes) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd readable{socket, POLLIN, 0};
    const int ready = left.count() > 0 ? ::poll(&readable, 1, static_cast<int>(left.count())) : 0;
    if (ready < 0 && errno == EINTR) return Error::Unavailable("interrupted; nothing was kept");
    if (ready <= 0) return Error::Unavailable("the server that runs on it does not respond");
    char byte = 0;
    const ssize_t got = ::recv(socket, &byte, 1, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) {
      return Error::Unavailable(
          "the server that runs on it closed the connection: it is stopping, or has too many "
          "backups to serve; try again");
    }
    if (byte == '\n') return line;
    line += byte;
  }
  return Error::Unavailable("the server that runs on it sent an invalid response");
}

std::string Member(const std::string& line, std::string_view name) {
  const auto parsed = json::ParseFile(line);
  if (!parsed.ok() || !parsed->is_object()) return "";
  return std::string(json::FindString(parsed->get_object(), name).value_or(std::string_view()));
}

std::string Line(std::string_view name, const std::string& value) {
  std::string line;
  json::ObjectWriter writer(line);
  writer.String(name, value);
  writer.Close();
  return line + "\n";
}

using Socket = boost::asio::basic_stream_socket<stream_protocol, Executor>;

// A snapshot that is being created. The directory is removed by the thread that finishes last: the
// one that creates it, or the one that has abandoned it.
struct Making {
  explicit Making(boost::asio::io_context& context) : done(context) {}
  Timer done;                    // cancelled when the snapshot is complete
  std::optional<Status> result;  // for the thread of the connections
  std::atomic<bool> abandoned{false};
};

struct Connection {
  explicit Connection(Socket connected) : socket(std::move(connected)) {}
  Socket socket;
  bool has_asked = false;
};

// All connections share one thread. Snapshots are created on another one, because a disk may hang.
class Server final : public ControlServer {
 public:
  Server(std::string data_directory, LinkFiles link_files, const Log& log,
         const ControlOptions& options)
      : data_directory_(std::move(data_directory)),
        link_files_(std::move(link_files)),
        log_(log),
        options_(options),
        acceptor_(context_) {}

  ~Server() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
    maker_.join();
    // Callers must notice that the server is gone before they notice that the files are.
    boost::system::error_code ignored;
    for (const auto& connection : connections_) connection->socket.close(ignored);
    RemoveLeftSnapshots(data_directory_);
    std::error_code also_ignored;
    std::filesystem::remove(data_directory_ + std::string(kSocketName), also_ignored);
  }

  Status Open() {
    RemoveLeftSnapshots(data_directory_);
    const std::string path = data_directory_ + std::string(kSocketName);
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    boost::system::error_code error;
    acceptor_.open(stream_protocol(), error);
    if (!error) acceptor_.bind(ProcFdPath(data_directory_).socket(), error);
    if (!error && ::chmod(path.c_str(), 0600) != 0) {
      error.assign(errno, boost::system::generic_category());
    }
    if (!error) acceptor_.listen(kMaxConnections, error);
    if (error) return Error::Unavailable("cannot contain a socket (" + error.message() + ")");
    boost::asio::co_spawn(context_, Accept(), boost::asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    return Done{};
  }

 private:
  Task<void> Accept() {
    boost::system::error_code error;
    auto token = boost::asio::redirect_error(kUseTask, error);
    while (true) {
      Socket socket(context_);
      co_await acceptor_.async_accept(socket, token);
      if (error) {  // out of descriptors, which will be freed
        Timer pause(context_, kPauseAfterError);
        co_await pause.async_wait(token);
        continue;
      }
      if (connections_.size() == kMaxConnections) continue;  // closes it
      const auto connection = std::make_shared<Connection>(std::move(socket));
      connections_.insert(connection);
      boost::asio::co_spawn(context_, Serve(connection), [this, connection](std::exception_ptr) {
        connections_.erase(connection);
      });
    }
  }

  Task<void> Serve(std::shared_ptr<Connection> connection) {
    Socket& socket = connection->socket;
    boost::system::error_code error;
    auto token = boost::asio::redirect_error(kUseTask, error);
    Timer limit(context_, kRequestTime);
    limit.async_wait([connection](const boost::system::error_code& cancelled) {
      if (!cancelled && !connection->has_asked) connection->socket.cancel();
    });
    std::string line;
    auto buffer = boost::asio::dynamic_buffer(line, kMaxLineBytes);
    const std::size_t size = co_await boost::asio::async_read_until(socket, buffer, '\n', token);
    if (error) co_return;
    connection->has_asked = true;
    limit.cancel();
    line.resize(size - 1);
    if (Member(line, "command") != "snapshot") {
      const std::string response = Line("error", "unknown command");
      const auto bytes = boost::asio::buffer(response);
      co_await boost::asio::async_write(socket, bytes, token);
      co_return;
    }
    const std::string name = std::string(kSnapshotPrefix) + std::to_string(++snapshots_);
    const std::string directory = data_directory_ + "/" + name;
    const Status linked = co_await Make(directory);
    log_.Info("snapshot").Bool("made", linked.ok());
    const std::string response =
        linked.ok() ? Line("snapshot", name) : Line("error", linked.error().message);
    const auto bytes = boost::asio::buffer(response);
    co_await boost::asio::async_write(socket, bytes, token);
    limit.expires_after(options_.snapshot_time);
    limit.async_wait([this, connection](const boost::system::error_code& cancelled) {
      if (cancelled) return;
      log_.Warning("snapshot_expired");
      boost::system::error_code ignored;
      connection->socket.close(ignored);
    });
    char byte = 0;
    const auto one_byte = boost::asio::buffer(&byte, 1);
    co_await socket.async_read_some(one_byte, token);  // until the caller disconnects
    limit.cancel();
    std::error_code ignored;
    std::filesystem::remove_all(directory, ignored);
  }

  Task<Status> Make(const std::string& directory) {
    const auto making = std::make_shared<Making>(context_);
    making->done.expires_after(options_.making_time);
    boost::asio::post(maker_, [this, making, directory] {
      if (making->abandoned) return;
      Status linked = link_files_(directory);
      if (making->abandoned) {
        std::error_code ignored;
        std::filesystem::remove_all(directory, ignored);
      }
      boost::asio::post(context_, [making, linked = std::move(linked)]() mutable {
        making->result = std::move(linked);
        making->done.cancel();
      });
    });
    boost::system::error_code ignored;
    co_await making->done.async_wait(boost::asio::redirect_error(kUseTask, ignored));
    if (making->result) co_return std::move(*making->result);
    making->abandoned = true;
    co_return Error::Unavailable("the snapshot takes too long; the disk may hang");
  }

  const std::string data_directory_;
  const LinkFiles link_files_;
  const Log& log_;
  const ControlOptions options_;
  boost::asio::io_context context_{1};
  boost::asio::basic_socket_acceptor<stream_protocol, Executor> acceptor_;
  std::set<std::shared_ptr<Connection>> connections_;
  std::uint64_t snapshots_ = 0;
  boost::asio::thread_pool maker_{1};
  std::thread thread_;
};

class Snapshot final : public RemoteSnapshot {
 public:
  explicit Snapshot(std::unique_ptr<boost::asio::io_context> context)
      : context_(std::move(context)), socket_(*context_) {}

  stream_protocol::socket& socket() { return socket_; }
  void set_directory(std::string directory) { directory_ = std::move(directory); }
  const std::string& directory() const override { return directory_; }
  bool is_there() override {
    char byte = 0;
    const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

 private:
  std::unique_ptr<boost::asio::io_context> context_;
  stream_protocol::socket socket_;
  std::string directory_;
};

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::Start(const std::string& data_directory,
                                                            LinkFiles link_files, const Log& log,
                                                            const ControlOptions& options) {
  auto server = std::make_unique<Server>(data_directory, std::move(link_files), log, options);
  if (auto opened = server->Open(); !opened.ok()) return std::move(opened.error());
  return std::unique_ptr<ControlServer>(std::move(server));
}

void RemoveLeftSnapshots(const std::string& data_directory) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(data_directory, ignored)) {
    if (entry.path().filename().string().starts_with(kSnapshotPrefix)) {
      std::filesystem::remove_all(entry.path(), ignored);
    }
  }
}

Result<std::unique_ptr<RemoteSnapshot>> RemoteSnapshot::Request(const std::string& data_directory) {
  auto snapshot = std::make_unique<Snapshot>(std::make_unique<boost::asio::io_context>());
  boost::system::error_code error;
  snapshot->socket().open(stream_protocol(), error);
  if (error) return Error::Unavailable(error.message());
  const int socket = snapshot->socket().native_handle();
  // connect() blocks if the server hangs and accepts no connections.
  const struct timeval limit { kConnectTime.count(), 0 };
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const ProcFdPath name_of_directory(data_directory);
  const stream_protocol::endpoint endpoint = name_of_directory.socket();
  if (::connect(socket, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) {
    if (errno == EAGAIN) return Error::Unavailable("the server that runs on it does not respond");
    return std::unique_ptr<RemoteSnapshot>();
  }
  const std::string request = Line("command", "snapshot");
  boost::asio::write(snapshot->socket(), boost::asio::buffer(request), error);
  const auto response = ReadLine(socket, DeadlineIn(kResponseTime));
  if (!response.ok()) return response.error();
  const std::string name = Member(*response, "snapshot");
  if (!name.starts_with(kSnapshotPrefix) || name.find('/') != std::string::npos) {
    return Error::Unavailable("the server that runs on it rejected: " + Member(*response, "error"));
  }
  snapshot->set_directory(data_directory + "/" + name);
  return std::unique_ptr<RemoteSnapshot>(std::move(snapshot));
}

}  // namespace users::maintenance
