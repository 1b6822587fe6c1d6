#include "load/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>
#include <random>

namespace users::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kReadBytes = 256 << 10;
constexpr std::size_t kMaxLoggedResponseBytes = 300;

// The response at the beginning of the received bytes.
struct Response {
  int status = 0;
  std::string_view body;
  std::size_t size = 0;  // including the head
};

enum class Reading { kComplete, kIncomplete, kBroken };

// Parses only what the measured servers send: every response has a Content-Length.
Reading ReadResponse(std::string_view bytes, Response& response) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == bytes.npos) return Reading::kIncomplete;
  const std::string_view head = bytes.substr(0, end + 2);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t at = head.find(kLength);
  if (!head.starts_with("HTTP/1.1 ") || at == head.npos) return Reading::kBroken;
  std::size_t length = 0;
  const char* const digits = head.data() + at + kLength.size();
  std::from_chars(digits, head.data() + head.size(), length);
  std::from_chars(head.data() + 9, head.data() + 12, response.status);
  response.size = end + 4 + length;
  if (bytes.size() < response.size) return Reading::kIncomplete;
  response.body = bytes.substr(end + 4, length);
  return Reading::kComplete;
}

struct Connection {
  ~Connection() {
    if (socket >= 0) ::close(socket);
  }
  int socket = -1;
  std::uint64_t request = 0;  // in progress
  std::int64_t begin = 0;     // the start of its latency
  std::string arrived;        // the incomplete response, if it did not come in one piece
};

class Client {
 public:
  Client(const SignedRequests& requests, const Workload& workload, const ClientOptions& options,
         UsageMeter& meter)
      : requests_(requests),
        workload_(workload),
        options_(options),
        meter_(meter),
        buffer_(std::make_unique_for_overwrite<char[]>(kReadBytes)) {}
  ~Client() {
    if (epoll_ >= 0) ::close(epoll_);
  }

  ClientResult Run() {
    result_.latencies.Reserve(total_);
    ::prctl(PR_SET_TIMERSLACK, 1);  // an open loop must wake up when a request is due
    if (!Connect()) return std::move(result_);
    MakeSchedule();
    begin_ = NowNanoseconds();
    SendDue();
    while (responded_ < total_ && result_.failure.empty()) {
      HandleEvents();
      CheckTime();
      SendDue();
    }
    if (!counting_) Fail("the run did not get past the warm-up");
    meter_.Stop();
    return std::move(result_);
  }

 private:
  void Fail(const std::string& why) {
    if (result_.failure.empty()) result_.failure = why;
  }
  void FailWithErrno(const std::string& doing) { Fail(doing + ": " + std::strerror(errno)); }

  bool Connect() {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    connections_ = std::vector<Connection>(options_.connections);
    for (Connection& connection : connections_) {
      connection.socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(options_.port);
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      const int on = 1;
      ::setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &connection;
      const auto* const to = reinterpret_cast<const sockaddr*>(&address);
      if (::connect(connection.socket, to, sizeof address) != 0 ||
          ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.socket, &event) != 0) {
        FailWithErrno("connect");
        return false;
      }
      free_.push_back(&connection);
    }
    return true;
  }

  void CheckTime() {
    const double seconds = static_cast<double>(NowNanoseconds() - begin_) / 1e9;
    if (!counting_ && seconds > options_.longest_seconds / 3) StartCounting();
    if (seconds > options_.longest_seconds) total_ = next_;
    if (seconds > options_.max_seconds) Fail("the run took longer than --most-seconds");
  }

  // Computes when to send each request, counted from the start of the run.
  void MakeSchedule() {
    if (options_.rate <= 0) return;
    std::mt19937_64 random(options_.seed);
    std::exponential_distribution<double> gap(options_.rate);
    double at = 0;
    due_.reserve(requests_.count());
    for (std::uint64_t i = 0; i < requests_.count(); ++i) {
      at += gap(random);
      due_.push_back(static_cast<std::int64_t>(at * 1e9));
    }
  }

  // Sends the requests that are due, as long as connections are free.
  void SendDue() {
    while (next_ < total_ && !free_.empty() && result_.failure.empty()) {
      const std::int64_t now = NowNanoseconds();
      if (!due_.empty() && begin_ + due_[next_] > now) return;
      Connection& connection = *free_.back();
      free_.pop_back();
      Send(connection, due_.empty() ? now : begin_ + due_[next_]);
    }
  }

  void StartCounting() {
    counting_ = true;
    first_counted_ = next_;
    meter_.Start();
  }

  void Send(Connection& connection, std::int64_t begin) {
    if (!counting_ && next_ == options_.warm_up) StartCounting();
    connection.request = next_++;
    connection.begin = begin;
    std::string_view bytes = requests_.at(connection.request);
    while (!bytes.empty()) {  // a single iteration, except for the largest bodies
      const ssize_t sent = ::send(connection.socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return FailWithErrno("send");
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void HandleEvents() {
    std::array<epoll_event, 64> events;
    timespec wait{1, 0};  // wake up to check the time
    if (!due_.empty() && next_ < total_ && !free_.empty()) {
      const std::int64_t left =
          std::clamp<std::int64_t>(begin_ + due_[next_] - NowNanoseconds(), 0, kSecond);
      wait.tv_sec = left / kSecond;
      wait.tv_nsec = left % kSecond;
    }
    const int count =
        ::epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &wait, nullptr);
    if (count < 0 && errno != EINTR) return FailWithErrno("epoll_pwait2");
    for (int i = 0; i < count && result_.failure.empty(); ++i) {
      Receive(*static_cast<Connection*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
  }

  void Receive(Connection& connection) {
    const ssize_t got = ::recv(connection.socket, buffer_.get(), kReadBytes, MSG_DONTWAIT);
    if (got == 0) return Fail("the server closed a connection");
    if (got < 0) {
      if (errno != EAGAIN && errno != EINTR) FailWithErrno("recv");
      return;
    }
    std::string_view bytes(buffer_.get(), static_cast<std::size_t>(got));
    if (!connection.arrived.empty()) {
      connection.arrived += bytes;
      bytes = connection.arrived;
    }
    Response response;
    const Reading reading = ReadResponse(bytes, response);
    if (reading == Reading::kIncomplete) {
      if (connection.arrived.empty()) connection.arrived = bytes;
      return;
    }
    if (reading == Reading::kBroken || response.size != bytes.size()) {
      return Fail("not a valid response: " + std::string(bytes.substr(0, kMaxLoggedResponseBytes)));
    }
    Record(connection, response);
    connection.arrived.clear();
    free_.push_back(&connection);
    SendDue();  // at once: the connection must not wait for the others of this round
  }

  void Record(Connection& connection, const Response& response) {
    ++responded_;
    const std::uint64_t number = connection.request;
    if (!workload_.Accepts(requests_.at(number), number, response.status, response.body)) {
      if (result_.wrong++ == 0) {
        result_.first_wrong = std::to_string(response.status) + " " +
                              std::string(response.body.substr(0, kMaxLoggedResponseBytes));
      }
    }
    if (responded_ == total_) result_.sample_body = response.body;
    if (!counting_ || number < first_counted_) return;
    ++result_.responses;
    result_.body_bytes += response.body.size();
    result_.latencies.Add(NowNanoseconds() - connection.begin);
  }

  const SignedRequests& requests_;
  const Workload& workload_;
  const ClientOptions& options_;
  UsageMeter& meter_;
  const std::unique_ptr<char[]> buffer_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<Connection*> free_;
  std::vector<std::int64_t> due_;
  std::int64_t begin_ = 0;
  std::uint64_t next_ = 0;
  std::uint64_t total_ = requests_.count();
  std::uint64_t responded_ = 0;
  std::uint64_t first_counted_ = 0;
  bool counting_ = false;
  ClientResult result_;
};

}  // namespace

ClientResult RunClient(const SignedRequests& requests, const Workload& workload,
                       const ClientOptions& options, UsageMeter& meter) {
  return Client(requests, workload, options, meter).Run();
}

}  // namespace users::bench
