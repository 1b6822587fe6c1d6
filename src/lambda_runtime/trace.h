#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/program_error.h"
#include "lambda_runtime/trace_header.h"

// AWS X-Ray (docs.aws.amazon.com, "AWS X-Ray segment documents").
namespace users::lambda_runtime {

// One call of another service. Its members reveal nothing about the data that was sent.
struct TracedCall {
  std::string_view service;    // "DynamoDB"
  std::string_view operation;  // "GetItem"
  std::string_view table;      // empty if the service has no tables
  Timestamp begin;
  std::chrono::microseconds duration{0};
  bool failed = false;
};

// Returns the subsegment document of a call as one JSON object. `id` is 16 hexadecimal digits.
// Thread-safe.
std::string Subsegment(const TracedCall& call, const TraceHeader& trace, std::string_view id,
                       std::string_view region);

// Sends subsegments to X-Ray's daemon, one datagram each. Lost datagrams are not sent again. Not
// thread-safe.
class Tracer {
 public:
  // `daemon` is AWS_XRAY_DAEMON_ADDRESS (HOST:PORT). If it is empty, nothing is ever sent. Fails
  // with kExitFault if it is malformed; the message names it.
  static Result<std::unique_ptr<Tracer>, ProgramError> Make(boost::asio::io_context& context,
                                                            std::string_view daemon,
                                                            std::string region);

  // Starts an invocation. Later calls belong to the invocation with this header.
  void Begin(TraceHeader trace) { trace_ = std::move(trace); }

  // Returns whether Record sends anything.
  bool is_sampled() const { return socket_ && trace_.sampled; }
  // Sends the subsegment of a call, if the invocation is sampled.
  void Record(const TracedCall& call);

 private:
  explicit Tracer(std::string region) : region_(std::move(region)) {}

  const std::string region_;
  std::optional<boost::asio::ip::udp::socket> socket_;
  TraceHeader trace_;
};

}  // namespace users::lambda_runtime
