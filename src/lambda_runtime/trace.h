#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "lambda_runtime/trace_header.h"

// AWS X-Ray (docs.aws.amazon.com, "AWS X-Ray segment documents").
namespace users::lambda_runtime {

// One call of another service. Its members say nothing of the data that travelled.
struct TracedCall {
  std::string_view service;    // "DynamoDB"
  std::string_view operation;  // "GetItem"
  std::string_view table;      // empty where the service has none
  Timestamp begin;
  std::chrono::microseconds duration{0};
  bool failed = false;
};

// The subsegment document of a call, one JSON object. `id` is 16 hexadecimal digits.
std::string Subsegment(const TracedCall& call, const TraceHeader& trace, std::string_view id,
                       std::string_view region);

// Sends subsegments to X-Ray's daemon, one datagram each; one that is lost is lost. For one thread.
class Tracer {
 public:
  // `daemon` is AWS_XRAY_DAEMON_ADDRESS, HOST:PORT; empty: nothing is ever sent. An error names it.
  static Result<std::unique_ptr<Tracer>> Make(boost::asio::io_context& context,
                                              std::string_view daemon, std::string region);

  // What follows belongs to the invocation with this header.
  void Begin(TraceHeader trace) { trace_ = std::move(trace); }

  // Whether Record does anything.
  bool is_sampled() const { return socket_ && trace_.sampled; }
  void Record(const TracedCall& call);

 private:
  explicit Tracer(std::string region) : region_(std::move(region)) {}

  const std::string region_;
  std::optional<boost::asio::ip::udp::socket> socket_;
  TraceHeader trace_;
};

}  // namespace users::lambda_runtime
