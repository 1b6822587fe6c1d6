#include "lambda_runtime/trace.h"

#include <boost/asio/buffer.hpp>
#include <cstdio>

#include "base/json/json.h"
#include "base/random.h"
#include "base/sha256.h"
#include "net/endpoint.h"

namespace users::lambda_runtime {
namespace {

constexpr std::string_view kHeader = "{\"format\":\"json\",\"version\":1}\n";

// Seconds since 1970 with six decimals.
std::string Seconds(std::chrono::microseconds time) {
  char text[40];
  std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(time.count() / 1'000'000),
                static_cast<long long>(time.count() % 1'000'000));
  return text;
}

}  // namespace

std::string Subsegment(const TracedCall& call, const TraceHeader& trace, std::string_view id,
                       std::string_view region) {
  const std::chrono::microseconds begin = call.begin.time_since_epoch();
  std::string out;
  json::ObjectWriter writer(out);
  writer.String("name", call.service);
  writer.String("id", id);
  writer.String("trace_id", trace.root);
  writer.String("parent_id", trace.parent);
  writer.String("type", "subsegment");
  writer.String("namespace", "aws");
  writer.Raw("start_time", Seconds(begin));
  writer.Raw("end_time", Seconds(begin + call.duration));
  if (call.failed) writer.Bool("fault", true);
  json::ObjectWriter aws = writer.Object("aws");
  aws.String("operation", call.operation);
  aws.String("region", region);
  if (!call.table.empty()) aws.String("table_name", call.table);
  aws.Close();
  writer.Close();
  return out;
}

Result<std::unique_ptr<Tracer>, ProgramError> Tracer::Make(boost::asio::io_context& context,
                                                           std::string_view daemon,
                                                           std::string region) {
  std::unique_ptr<Tracer> tracer(new Tracer(std::move(region)));
  if (daemon.empty()) return tracer;
  const auto endpoint = net::ParseEndpoint(daemon);
  if (!endpoint.ok()) {
    return ProgramError::Fault("AWS_XRAY_DAEMON_ADDRESS " + endpoint.error().message);
  }
  // Nothing waits for the tracing daemon: a datagram that does not fit into the socket's buffer is
  // dropped.
  boost::asio::ip::udp::socket socket(context);
  boost::system::error_code error;
  const boost::asio::ip::udp::endpoint to(endpoint->address(), endpoint->port());
  socket.open(to.protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.connect(to, error);
  if (!error) tracer->socket_ = std::move(socket);
  return tracer;
}

void Tracer::Record(const TracedCall& call) {
  if (!is_sampled()) return;
  const std::string id = ToHex(RandomBytes<8>());
  const std::string document = std::string(kHeader) + Subsegment(call, trace_, id, region_);
  boost::system::error_code ignored;
  socket_->send(boost::asio::buffer(document), 0, ignored);
}

}  // namespace users::lambda_runtime
