// X-Ray's subsegments, and the datagrams that a daemon receives (lambda_runtime/trace.h).
#include "lambda_runtime/trace.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <boost/json/parse.hpp>

namespace users::testing {
namespace {

using lambda_runtime::ParseTraceHeader;
using lambda_runtime::Subsegment;
using lambda_runtime::TracedCall;
using lambda_runtime::TraceHeader;
using lambda_runtime::Tracer;

namespace asio = boost::asio;
namespace bj = boost::json;

constexpr std::string_view kRoot = "1-5759e988-bd862e3fe1be46a994272793";
constexpr std::string_view kParent = "53995c3f42cd8ad8";
const std::string kIds = "Root=" + std::string(kRoot) + ";Parent=" + std::string(kParent);

TracedCall Call() {
  TracedCall call;
  call.service = "DynamoDB";
  call.operation = "GetItem";
  call.table = "users";
  call.begin = *ParseTimestamp("2026-01-01T00:00:00.123Z");
  call.duration = std::chrono::microseconds(4'005);
  return call;
}

TEST(Subsegment, IsAnXRayDocument) {
  const TraceHeader trace = ParseTraceHeader(kIds + ";Sampled=1");
  const bj::value document = bj::parse(Subsegment(Call(), trace, "0123456789abcdef", "eu-west-1"));
  const bj::value expected = {
      {"name", "DynamoDB"},
      {"id", "0123456789abcdef"},
      {"trace_id", std::string(kRoot)},
      {"parent_id", std::string(kParent)},
      {"type", "subsegment"},
      {"namespace", "aws"},
      {"start_time", 1767225600.123},
      {"end_time", 1767225600.127005},
      {"aws", {{"operation", "GetItem"}, {"region", "eu-west-1"}, {"table_name", "users"}}}};
  EXPECT_EQ(document, expected);

  TracedCall failed = Call();
  failed.failed = true;
  failed.table = "";
  const bj::value other = bj::parse(Subsegment(failed, trace, "0123456789abcdef", "eu-west-1"));
  EXPECT_EQ(other.at("fault"), true);
  EXPECT_FALSE(other.at("aws").as_object().contains("table_name"));
}

// A daemon on a loopback port.
class TracerTest : public ::testing::Test {
 protected:
  std::string address() const {
    return "127.0.0.1:" + std::to_string(daemon_.local_endpoint().port());
  }
  // Returns the next datagram, or an empty string if none arrives within that time.
  std::string Receive(std::chrono::milliseconds patience) {
    pollfd readable{daemon_.native_handle(), POLLIN, 0};
    ::poll(&readable, 1, static_cast<int>(patience.count()));
    std::array<char, 4096> buffer;
    boost::system::error_code error;
    const std::size_t size = daemon_.receive(asio::buffer(buffer), 0, error);
    return error ? "" : std::string(buffer.data(), size);
  }

  asio::io_context context_;
  asio::ip::udp::socket daemon_ = [this] {
    asio::ip::udp::socket socket(context_, {asio::ip::address_v4::loopback(), 0});
    socket.non_blocking(true);
    return socket;
  }();
};

TEST_F(TracerTest, SendsOneDatagramPerCall) {
  const auto tracer = Tracer::Make(context_, address(), "us-east-1");
  ASSERT_TRUE(tracer.ok());
  (*tracer)->Begin(ParseTraceHeader(kIds + ";Sampled=1"));
  EXPECT_TRUE((*tracer)->is_sampled());
  std::string last_id;
  for (int i = 0; i < 2; ++i) {
    (*tracer)->Record(Call());
    const std::string datagram = Receive(std::chrono::seconds(60));
    const std::size_t end = datagram.find('\n');
    EXPECT_EQ(datagram.substr(0, end), R"({"format":"json","version":1})") << datagram;
    const bj::value document = bj::parse(datagram.substr(end + 1));
    EXPECT_EQ(document.at("trace_id").as_string(), kRoot);
    const std::string id(document.at("id").as_string());
    EXPECT_EQ(id.size(), 16U);
    EXPECT_NE(id, last_id);
    last_id = id;
  }
  EXPECT_EQ(Receive(std::chrono::milliseconds(10)), "");
}

TEST_F(TracerTest, SendsNothingForUnsampledRequests) {
  const auto tracer = Tracer::Make(context_, address(), "us-east-1");
  ASSERT_TRUE(tracer.ok());
  (*tracer)->Record(Call());
  for (const std::string& header : {kIds + ";Sampled=0", kIds, std::string()}) {
    (*tracer)->Begin(ParseTraceHeader(kIds + ";Sampled=1"));
    (*tracer)->Begin(ParseTraceHeader(header));
    EXPECT_FALSE((*tracer)->is_sampled());
    (*tracer)->Record(Call());
  }
  EXPECT_EQ(Receive(std::chrono::milliseconds(10)), "");
}

TEST_F(TracerTest, SendsNothingWithoutADaemon) {
  const auto tracer = Tracer::Make(context_, "", "us-east-1");
  ASSERT_TRUE(tracer.ok());
  (*tracer)->Begin(ParseTraceHeader(kIds + ";Sampled=1"));
  EXPECT_FALSE((*tracer)->is_sampled());
  (*tracer)->Record(Call());
}

TEST_F(TracerTest, IgnoresAnUnreachableDaemon) {
  const std::string gone = address();
  daemon_.close();
  const auto tracer = Tracer::Make(context_, gone, "us-east-1");
  ASSERT_TRUE(tracer.ok());
  (*tracer)->Begin(ParseTraceHeader(kIds + ";Sampled=1"));
  for (int i = 0; i < 3; ++i) (*tracer)->Record(Call());
}

TEST_F(TracerTest, RejectsInvalidAddresses) {
  for (const char* address : {"nonsense", "127.0.0.1", "127.0.0.1:99999", "example.com:2000"}) {
    const auto tracer = Tracer::Make(context_, address, "us-east-1");
    ASSERT_FALSE(tracer.ok()) << address;
    EXPECT_TRUE(tracer.error().message.starts_with("AWS_XRAY_DAEMON_ADDRESS ")) << address;
  }
}

}  // namespace
}  // namespace users::testing
