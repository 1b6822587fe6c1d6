#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/async/timer.h"
#include "net/chunked.h"
#include "net/http_head.h"
#include "server/connection.h"
#include "server/read_buffer.h"
#include "server/response_writer.h"

// The connection over any stream. Included by connection_plain.cpp and connection_tls.cpp only.
namespace users::server {

// A connection over a plain or a TLS stream. For the worker's thread only.
template <class Stream>
class Connection final : public ConnectionBase, public ResponseLimit {
 public:
  // `fixed_bytes` is the memory of such a connection without its buffers.
  Connection(Worker& worker, Stream stream, std::string address, std::size_t fixed_bytes)
      : worker_(worker),
        stream_(std::move(stream)),
        address_(std::move(address)),
        fixed_bytes_(fixed_bytes) {
    worker_.Add(*this);
    CountBytes();
    SetTimeLimit(worker_.options().head_time);
  }
  ~Connection() override { worker_.Remove(*this); }

  void Close() override {
    closed_ = true;
    boost::system::error_code ignored;
    stream_.lowest_layer().close(ignored);
    EndWait();
  }
  void StopReading() override {
    boost::system::error_code ignored;
    stream_.lowest_layer().shutdown(boost::asio::socket_base::shutdown_receive, ignored);
  }

  void Stop(std::chrono::steady_clock::time_point until, std::size_t caller_id) override {
    worker_.BeginWait(*this, until, caller_id);
  }
  void Restart() override { worker_.FinishWait(*this); }
  void EndWait() override {
    if (waits_for_event && request_->pending != nullptr) request_->pending->EndWait();
  }
  int socket() override { return closed_ ? -1 : stream_.lowest_layer().native_handle(); }

  // Sends the response of a request that takes too long, because its coroutine waits for a handler
  // that may never return. Nothing else uses the stream meanwhile.
  void TimeOut() override {
    if (request_ == nullptr || request_->pending == nullptr || late_ != Late::kNo) {
      // The connection is already closed and only waits for its handler.
      if (late_ == Late::kSent) deadline = std::chrono::steady_clock::time_point::max();
      return Close();
    }
    late_ = Late::kSending;
    FormatResponse(request_->pending->TimeOut(), /*keep_alive=*/false);
    SetTimeLimit(worker_.options().write_time);
    boost::asio::async_write(stream_, boost::asio::buffer(output_),
                             [this](const boost::system::error_code&, std::size_t) { EndLate(); });
  }

  // The stream that the constructor created. Only the thread of the worker uses it.
  Stream& stream() { return stream_; }
  // The worker times the connection out when this time has passed.
  void SetTimeLimit(std::chrono::milliseconds time) {
    deadline = std::chrono::steady_clock::now() + time;
  }

  // Serves one request after the other until the connection ends.
  Task<void> Serve() {
    while (true) {
      const Step head = co_await ReadHead();
      if (head == Step::kEnd) co_return;
      // The response to a malformed head still has the correlation id of the request.
      if (head == Step::kUnreadable) net::ParseReadableFields(input_.bytes(), head_);
      body_ = {};
      Step body = head;
      if (head == Step::kGoOn && HasBody()) body = CheckHead();
      if (body == Step::kGoOn && HasBody()) body = co_await ReadBody();
      // A request on a closed connection could have an effect but no response.
      if (body == Step::kEnd || closed_) co_return;
      if (body == Step::kUnreadable) {
        const HttpRequest unreadable{head_, body_, address_};
        HttpResponse response = worker_.handler().Reject(std::move(fault_), unreadable);
        worker_.SetCaller(*this, 0);
        const bool sent = co_await Write(std::move(response), /*keep_alive=*/false);
        if (sent) co_await Linger();
        co_return;
      }
      if (body == Step::kRejected) {
        worker_.SetCaller(*this, 0);
        const bool skipped = arrived_body_bytes_.has_value();
        request_bytes_ += arrived_body_bytes_.value_or(0);
        const bool keep_alive = skipped && head_.keep_alive && !worker_.draining();
        const bool sent = co_await Write(std::move(*rejection_), keep_alive);
        if (!sent) co_return;
        if (!skipped) co_await Linger();
        if (!keep_alive) co_return;
        input_.Drop(request_bytes_);
        continue;
      }
      SetTimeLimit(worker_.options().response_time);
      worker_.Enter(*this, Phase::kServing);
      HttpRequest request{head_, body_, address_, nullptr, this};
      request_ = &request;
      HttpResponse response = co_await worker_.handler().Handle(request);
      request_ = nullptr;
      if (late_ != Late::kNo) {
        while (late_ != Late::kSent) co_await SleepUntil(DeadlineIn(kLateStep));
        if (!closed_) co_await Linger();
        co_return;
      }
      worker_.SetCaller(*this, response.caller_id);
      const bool keep_alive = head_.keep_alive && !worker_.draining();
      const bool sent = co_await Write(std::move(response), keep_alive);
      if (!sent || !keep_alive) co_return;
      input_.Drop(request_bytes_);
    }
  }

 private:
  // kUnreadable: not a request, or too large. kRejected: the handler has rejected the head.
  enum class Step { kGoOn, kUnreadable, kRejected, kEnd };
  // The progress of the response to a request that was timed out.
  enum class Late { kNo, kSending, kSent };
  static constexpr std::size_t kReadBytes = 4096;

  // Reads more into the buffer; 0 at the end of the stream or after an error.
  Task<std::size_t> ReadMore(std::size_t least_room) {
    boost::system::error_code error;
    const auto room = input_.Reserve(least_room);
    CountBytes();
    const std::size_t got =
        co_await stream_.async_read_some(room, boost::asio::redirect_error(kUseTask, error));
    // If the connection was closed meanwhile, a request could take effect without a response.
    if (error || closed_) co_return 0;
    input_.Commit(got);
    co_return got;
  }

  Step EndWith(api::Response fault) {
    fault_ = std::move(fault);
    return Step::kUnreadable;
  }
  Step Malformed() {
    return EndWith(
        api::ErrorResponse(Error::Of(ErrorCode::kValidation, "The request is not valid HTTP.")));
  }
  Step TooLarge() { return EndWith(api::BodyTooLarge()); }

  Task<Step> ReadHead() {
    net::HeadFinder finder;
    bool begun = !input_.bytes().empty();
    if (begun) {
      SetTimeLimit(worker_.options().head_time);
    } else {
      SetTimeLimit(worker_.options().idle_time);
      ReleaseBuffers();
      worker_.Enter(*this, Phase::kIdle);
      if (worker_.draining()) StopReading();
    }
    while (true) {
      switch (finder.Scan(input_.bytes())) {
        case net::HeadFinder::State::kComplete: {
          const std::string_view text =
              input_.bytes().substr(finder.begin(), finder.end() - finder.begin());
          // A vector that grows by itself may take twice what it needs.
          head_.fields.Reserve(finder.fields());
          if (!net::ParseRequestHead(text, head_)) co_return Malformed();
          CountBytes();
          request_bytes_ = finder.end();
          co_return Step::kGoOn;
        }
        case net::HeadFinder::State::kMalformed:
          co_return Malformed();
        case net::HeadFinder::State::kTooLarge:
          co_return EndWith(api::HeadersTooLarge());
        case net::HeadFinder::State::kIncomplete:
          break;
      }
      const std::size_t got = co_await ReadMore(kReadBytes);
      if (got == 0) co_return Step::kEnd;
      if (!begun) {
        begun = true;
        worker_.Enter(*this, Phase::kWaiting);
        SetTimeLimit(worker_.options().head_time);
      }
    }
  }

  bool HasBody() const { return head_.chunked || head_.content_length.value_or(0) > 0; }

  // Rejects a request that its head alone proves wrong, before its body is read.
  Step CheckHead() {
    const std::size_t most = worker_.options().max_body_bytes;
    if (!head_.chunked && *head_.content_length > most) return TooLarge();
    const std::string_view arrived = input_.bytes().substr(request_bytes_);
    arrived_body_bytes_.reset();
    if (!head_.chunked) {
      if (arrived.size() >= *head_.content_length) arrived_body_bytes_ = *head_.content_length;
    } else {
      // Chunks that have arrived with the head are part of its form.
      net::ChunkedDecoder decoder(most);
      std::string_view rest = arrived;
      const auto state = decoder.Decode(rest, body_storage_);
      body_storage_.clear();
      if (state == net::ChunkedDecoder::State::kMalformed) return Malformed();
      if (state == net::ChunkedDecoder::State::kTooLarge) return TooLarge();
      if (state == net::ChunkedDecoder::State::kComplete) {
        arrived_body_bytes_ = arrived.size() - rest.size();
      }
    }
    const HttpRequest request{head_, body_, address_};
    rejection_ = worker_.handler().CheckHead(request);
    return rejection_ ? Step::kRejected : Step::kGoOn;
  }

  Task<Step> ReadBody() {
    SetTimeLimit(worker_.options().body_time);
    const std::string_view arrived = input_.bytes().substr(request_bytes_);
    if (head_.expects_continue && arrived.empty()) {
      const bool sent = co_await WriteAll(boost::asio::buffer(kContinue));
      if (!sent) co_return Step::kEnd;
    }
    if (head_.chunked) co_return co_await ReadChunkedBody();
    co_return co_await ReadBodyOfLength(static_cast<std::size_t>(*head_.content_length));
  }

  // The head must not move, because views point to it. The rest of the body is therefore read into
  // another buffer.
  Task<Step> ReadBodyOfLength(std::size_t length) {
    const std::string_view arrived = input_.bytes().substr(request_bytes_);
    if (arrived.size() >= length) {
      body_ = arrived.substr(0, length);
      request_bytes_ += length;
      co_return Step::kGoOn;
    }
    body_storage_.assign(arrived);
    request_bytes_ += arrived.size();
    std::size_t have = arrived.size();
    while (have < length) {
      // Only bytes that have arrived take memory, not the announced length.
      if (have == body_storage_.size()) {
        body_storage_.resize(std::min(length, std::max(kReadBytes, 2 * have)));
        CountBytes();
      }
      boost::system::error_code error;
      const auto room =
          boost::asio::buffer(body_storage_.data() + have, body_storage_.size() - have);
      have += co_await stream_.async_read_some(room, boost::asio::redirect_error(kUseTask, error));
      if (error || closed_) co_return Step::kEnd;
    }
    body_ = body_storage_;
    co_return Step::kGoOn;
  }

  Task<Step> ReadChunkedBody() {
    net::ChunkedDecoder decoder(worker_.options().max_body_bytes);
    body_storage_.clear();
    ReadBuffer later;  // bytes after the head, which must not move
    const std::string_view arrived = input_.bytes().substr(request_bytes_);
    std::string_view fresh = arrived;
    while (true) {
      const auto state = decoder.Decode(fresh, body_storage_);
      if (state == net::ChunkedDecoder::State::kMalformed) co_return Malformed();
      if (state == net::ChunkedDecoder::State::kTooLarge) co_return TooLarge();
      if (state == net::ChunkedDecoder::State::kComplete) break;
      later.Drop(later.bytes().size());
      boost::system::error_code error;
      const auto room = later.Reserve(kReadBytes);
      CountBytes(later.capacity());
      later.Commit(
          co_await stream_.async_read_some(room, boost::asio::redirect_error(kUseTask, error)));
      if (error || closed_) co_return Step::kEnd;
      fresh = later.bytes();
    }
    if (later.bytes().empty()) {
      request_bytes_ += arrived.size() - fresh.size();
    } else {
      // The next request has begun to arrive. It is appended once the head is no longer used.
      request_bytes_ += arrived.size();
      pipelined_.assign(fresh);
    }
    body_ = body_storage_;
    co_return Step::kGoOn;
  }

  Task<bool> Write(HttpResponse response, bool keep_alive) {
    SetTimeLimit(worker_.options().write_time);
    worker_.Enter(*this, Phase::kWaiting);
    FormatResponse(response, keep_alive);
    ReleaseIfLarge(body_storage_);
    CountBytes();
    const bool sent = co_await WriteAll(boost::asio::buffer(output_));
    if (!pipelined_.empty()) {
      input_.Drop(request_bytes_);
      request_bytes_ = 0;
      const auto room = input_.Reserve(pipelined_.size());
      std::memcpy(room.data(), pipelined_.data(), pipelined_.size());
      input_.Commit(pipelined_.size());
      pipelined_.clear();
    }
    co_return sent;
  }

  void FormatResponse(const HttpResponse& response, bool keep_alive) {
    output_.clear();
    AppendResponse(output_, response, head_, keep_alive, worker_.HttpDate());
  }

  // Called when the late response was sent or the connection was closed. The client gets some time
  // to read it.
  void EndLate() {
    late_ = Late::kSent;
    SetTimeLimit(worker_.options().linger_time);
    boost::system::error_code ignored;
    stream_.lowest_layer().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    worker_.GiveUp(*this);
  }

  // Releases large buffers, so that an idle connection holds little memory.
  void ReleaseBuffers() {
    input_.ReleaseIfLarge(kMaxKeptBytes);
    ReleaseIfLarge(body_storage_);
    ReleaseIfLarge(output_);
    if (head_.fields.AllocatedBytes() > kMaxKeptBytes) head_.fields = HeaderFields();
    CountBytes();
  }

  // Reports the memory of the connection to the worker. This can close the connection of an unknown
  // client; its next wait then ends at once.
  void CountBytes(std::size_t more = 0) {
    worker_.SetHeldBytes(*this, fixed_bytes_ + input_.capacity() + body_storage_.capacity() +
                                    pipelined_.capacity() + output_.capacity() +
                                    head_.fields.AllocatedBytes() + more);
  }
  template <class Buffer>
  static void ReleaseIfLarge(Buffer& buffer) {
    if (buffer.capacity() * sizeof(buffer[0]) > kMaxKeptBytes) Buffer().swap(buffer);
  }

  Task<bool> WriteAll(boost::asio::const_buffer bytes) {
    boost::system::error_code error;
    co_await boost::asio::async_write(stream_, bytes, boost::asio::redirect_error(kUseTask, error));
    co_return !error && !closed_;
  }

  // If a socket is closed with unread bytes, the kernel sends a reset, which can destroy the
  // response before the client has read it.
  Task<void> Linger() {
    SetTimeLimit(worker_.options().linger_time);
    boost::system::error_code ignored;
    stream_.lowest_layer().shutdown(boost::asio::socket_base::shutdown_send, ignored);
    for (std::size_t dropped = 0; dropped < kMaxLingerBytes;) {
      input_.Drop(input_.bytes().size());
      const std::size_t got = co_await ReadMore(kReadBytes);
      if (got == 0) co_return;
      dropped += got;
    }
  }

  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  static constexpr std::size_t kMaxKeptBytes = kReadBytes;
  static constexpr std::size_t kMaxLingerBytes = 8 << 20;
  static constexpr std::chrono::milliseconds kLateStep{20};

  Worker& worker_;
  Stream stream_;
  const std::string address_;
  const std::size_t fixed_bytes_;
  bool closed_ = false;
  ReadBuffer input_;
  net::RequestHead head_;
  std::size_t request_bytes_ = 0;  // bytes of the input buffer that this request has used
  std::string body_storage_;
  std::string_view body_;
  std::string pipelined_;
  std::string output_;
  api::Response fault_;                    // with kUnreadable
  std::optional<HttpResponse> rejection_;  // with kRejected
  // The size of the body of a rejected request in the input buffer. Nothing if the body has not
  // arrived completely: then the connection must end, because the next request cannot be found.
  std::optional<std::size_t> arrived_body_bytes_;
  const HttpRequest* request_ = nullptr;  // while the handler has it
  Late late_ = Late::kNo;
};

}  // namespace users::server
