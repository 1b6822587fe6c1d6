#include "engines/fault_proxy.h"

#include <array>
#include <boost/crc.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "engines/dynamodb_tables.h"
#include "support/signature_check.h"

namespace users::testing {
namespace {

namespace asio = boost::asio;
namespace bj = boost::json;
using asio::ip::tcp;
using Socket = ScriptedServer::Socket;

constexpr std::string_view kError = "com.amazonaws.dynamodb.v20120810#";

net::IncomingResponse ErrorResponse(int status, std::string_view name, bj::object more = {}) {
  more["__type"] = std::string(kError) + std::string(name);
  more["message"] = "made by the proxy";
  net::IncomingResponse response;
  response.status = status;
  response.body = bj::serialize(more);
  return response;
}

std::string Text(const net::IncomingResponse& response) {
  boost::crc_32_type crc;
  crc.process_bytes(response.body.data(), response.body.size());
  return ScriptedServer::Response(response.status, response.body,
                                  "Content-Type: application/x-amz-json-1.0\r\nx-amz-crc32: " +
                                      std::to_string(crc.checksum()) + "\r\n");
}

// Closes the connection so that the client sees a reset.
void Reset(Socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

std::optional<net::IncomingResponse> Exchange(Socket& engine, const std::string& request) {
  boost::system::error_code error;
  asio::write(engine, asio::buffer(request), error);
  net::HttpLimits limits;
  limits.max_body_bytes = 64 << 20;
  net::HttpResponseParser parser{limits};
  std::array<char, 16384> buffer;
  while (!error) {
    const std::size_t size = engine.read_some(asio::buffer(buffer), error);
    if (error) break;
    const auto state = parser.Feed(std::string_view(buffer.data(), size));
    if (state == net::HttpResponseParser::State::kComplete) return parser.TakeResponse();
    if (state != net::HttpResponseParser::State::kIncomplete) break;
  }
  return std::nullopt;
}

// The capacity units of a response: of one table, or the sum over several.
double UnitsOf(const bj::object& response) {
  const auto* consumed = response.if_contains("ConsumedCapacity");
  if (consumed == nullptr) return 0;
  const auto units = [](const bj::value& table) {
    return table.at("CapacityUnits").to_number<double>();
  };
  if (!consumed->is_array()) return units(*consumed);
  double sum = 0;
  for (const bj::value& table : consumed->as_array()) sum += units(table);
  return sum;
}

bool IsConsistent(const bj::object& body) {
  const auto* consistent = body.if_contains("ConsistentRead");
  return consistent != nullptr && *consistent == true;
}

}  // namespace

std::string NameOf(Fault fault) {
  constexpr std::array<const char*, kFaultKinds> kNames = {
      "conflict",      "throttled write", "conflict added", "throttled",
      "unprocessed",   "server error",    "in progress",    "reset",
      "lost response", "truncated",       "corrupt",        "slow",
      "hang"};
  return kNames[static_cast<std::size_t>(fault)];
}

struct FaultProxy::Call {
  std::string text;
  std::string operation;
  net::HttpHeaders headers;  // all except Content-Length
  bj::object body;

  bool is_data() const {
    return operation != "CreateTable" && operation != "DescribeTable" &&
           operation != "UpdateTimeToLive";
  }
  std::size_t writes() const {
    const auto* items = body.if_contains("TransactItems");
    return items == nullptr ? 0 : items->as_array().size();
  }
};

FaultProxy::FaultProxy(unsigned short engine_port)
    : engine_port_(engine_port), server_([this](Socket& client, int) { Serve(client); }) {}

void FaultProxy::FailAtRandom(unsigned percent, std::vector<Fault> kinds, std::uint64_t seed) {
  const MutexLock lock(mutex_);
  percent_ = percent;
  kinds_ = std::move(kinds);
  random_.seed(seed);
}

void FaultProxy::FailNext(Fault fault, int times) {
  const MutexLock lock(mutex_);
  next_.insert(next_.end(), static_cast<std::size_t>(times), fault);
}

std::map<std::string, int> FaultProxy::TakeCalls() {
  const MutexLock lock(mutex_);
  return std::exchange(calls_, {});
}

std::map<std::string, double> FaultProxy::TakeUnits() {
  const MutexLock lock(mutex_);
  return std::exchange(units_, {});
}

int FaultProxy::faults() const {
  const MutexLock lock(mutex_);
  return faults_;
}

std::vector<std::string> FaultProxy::violations() const {
  const MutexLock lock(mutex_);
  return violations_;
}

std::size_t FaultProxy::Random(std::size_t below) {
  const MutexLock lock(mutex_);
  return random_() % below;
}

std::optional<Fault> FaultProxy::FaultFor(const Call& call) {
  const MutexLock lock(mutex_);
  ++calls_[call.operation];
  if (const auto fault = SignatureFault(call.text, EngineCredentials(), "us-east-1", "dynamodb")) {
    violations_.push_back(call.operation + ": " + *fault);
  }
  if (call.operation == "BatchGetItem") {
    for (const auto& table : call.body.at("RequestItems").as_object()) {
      if (!IsConsistent(table.value().as_object())) {
        violations_.push_back("BatchGetItem: is not consistent");
      }
    }
  }
  const bool reads_one = call.operation == "GetItem" || call.operation == "Query";
  if (reads_one && !IsConsistent(call.body)) {
    violations_.push_back(call.operation + ": is not consistent");
  }
  if (call.operation == "TransactWriteItems") {
    const auto* token = call.body.if_contains("ClientRequestToken");
    const std::string name(token == nullptr ? "" : token->as_string().c_str());
    if (name.empty() || name.size() > 36) violations_.push_back("an invalid ClientRequestToken");
    const std::string hash = ToHex(Sha256(call.text.substr(call.text.find("\r\n\r\n"))));
    if (tokens_.try_emplace(name, hash).first->second != hash) {
      violations_.push_back("a ClientRequestToken was reused with other bytes");
    }
  }
  if (!call.is_data()) return std::nullopt;
  std::optional<Fault> fault;
  if (!next_.empty()) {
    fault = next_.front();
    next_.erase(next_.begin());
  } else if (random_() % 100 < percent_) {
    fault = kinds_[random_() % kinds_.size()];
  }
  if (fault) ++faults_;
  return fault;
}

// Adds a request for the capacity units. It is not part of the signed request, but no engine checks
// the signature.
std::optional<net::IncomingResponse> FaultProxy::Forward(const Call& call, Socket& engine) {
  if (!call.is_data()) return Exchange(engine, call.text);
  bj::object body = call.body;
  body["ReturnConsumedCapacity"] = "TOTAL";
  auto response =
      Exchange(engine, *net::WriteRequest({"POST", "/", call.headers, bj::serialize(body)}, ""));
  if (!response) return response;
  boost::system::error_code error;
  const bj::value read = bj::parse(response->body, error);
  const MutexLock lock(mutex_);
  if (!error && read.is_object()) units_[call.operation] += UnitsOf(read.get_object());
  return response;
}

// Reads the first half of the keys of each table, rounded down, and leaves the others unprocessed.
std::optional<net::IncomingResponse> FaultProxy::ForwardHalf(Call call, Socket& engine) {
  bj::object left;
  bj::object& tables = call.body.at("RequestItems").as_object();
  for (auto& table : tables) {
    bj::array& keys = table.value().at("Keys").as_array();
    const std::size_t half = keys.size() / 2;
    bj::array rest(keys.begin() + static_cast<std::ptrdiff_t>(half), keys.end());
    keys.resize(half);
    left[table.key()] = bj::object{{"Keys", std::move(rest)}, {"ConsistentRead", true}};
  }
  for (auto it = tables.begin(); it != tables.end();) {
    it = it->value().at("Keys").as_array().empty() ? tables.erase(it) : it + 1;
  }
  std::optional<net::IncomingResponse> response;
  bj::object body{{"Responses", bj::object()}};
  if (!tables.empty()) {
    response = Forward(call, engine);
    if (!response) return response;
    body = bj::parse(response->body).as_object();
  } else {
    response.emplace().status = 200;
  }
  body["UnprocessedKeys"] = std::move(left);
  response->body = bj::serialize(body);
  return response;
}

net::IncomingResponse FaultProxy::Cancelled(const Call& call, const std::string& code) {
  bj::array reasons;
  const std::size_t hit = Random(call.writes());
  for (std::size_t i = 0; i < call.writes(); ++i) {
    reasons.push_back(bj::object{{"Code", i == hit ? code : "None"}});
  }
  bj::object more;
  more["CancellationReasons"] = std::move(reasons);
  return ErrorResponse(400, "TransactionCanceledException", std::move(more));
}

void FaultProxy::Serve(Socket& client) {
  asio::io_context context;
  Socket engine(context);
  boost::system::error_code error;
  engine.connect(tcp::endpoint(asio::ip::address_v4::loopback(), engine_port_), error);
  while (!error) {
    Call call;
    call.text = ScriptedServer::ReadRequest(client);
    if (call.text.empty()) return;
    const std::size_t head_size = call.text.find("\r\n\r\n") + 4;
    net::RequestHead head;
    if (!net::ParseRequestHead(std::string_view(call.text).substr(0, head_size), head)) return;
    const std::string target(head.Find("X-Amz-Target").value_or(""));
    call.operation = target.substr(target.find('.') + 1);
    for (const HeaderField& field : head.fields) {
      if (field.name != "Content-Length") call.headers.emplace_back(field.name, field.value);
    }
    const auto body = bj::parse(std::string_view(call.text).substr(head_size), error);
    if (error || !body.is_object()) return;
    call.body = body.as_object();

    if (const auto fault = FaultFor(call)) {
      if (!Fail(*fault, call, client, engine)) return;
      continue;
    }
    const auto response = Forward(call, engine);
    if (!response) return;
    ScriptedServer::Write(client, Text(*response));
  }
}

// Returns false if the connection is closed.
bool FaultProxy::Fail(Fault fault, const Call& call, Socket& client, Socket& engine) {
  const bool is_transaction = call.writes() > 0;
  const auto respond_with = [&](const net::IncomingResponse& response) {
    ScriptedServer::Write(client, Text(response));
    return true;
  };
  switch (fault) {
    case Fault::kConflict:
      if (is_transaction) return respond_with(Cancelled(call, "TransactionConflict"));
      return respond_with(ErrorResponse(500, "InternalServerError"));
    case Fault::kThrottledWrite:
      if (is_transaction) return respond_with(Cancelled(call, "ThrottlingError"));
      return respond_with(ErrorResponse(400, "ThrottlingException"));
    case Fault::kThrottled:
      return respond_with(ErrorResponse(400, "ProvisionedThroughputExceededException"));
    case Fault::kUnprocessed: {
      if (call.operation != "BatchGetItem") {
        return respond_with(ErrorResponse(400, "ProvisionedThroughputExceededException"));
      }
      const auto response = ForwardHalf(call, engine);
      return response && respond_with(*response);
    }
    case Fault::kServerError:
      if (Random(2) == 0) return respond_with(ErrorResponse(500, "InternalServerError"));
      ScriptedServer::Write(client, ScriptedServer::Response(503, "<html>busy</html>"));
      return true;
    case Fault::kInProgress:
      return respond_with(ErrorResponse(400, "TransactionInProgressException"));
    case Fault::kReset:
      Reset(client);
      return false;
    default:
      break;
  }

  auto response = Forward(call, engine);
  if (!response) return false;
  std::string text = Text(*response);
  switch (fault) {
    case Fault::kConflictBeside: {
      bj::value body = bj::parse(response->body);
      auto* reasons = body.as_object().if_contains("CancellationReasons");
      if (reasons != nullptr) {
        for (bj::value& reason : reasons->as_array()) {
          if (reason.at("Code") == "None") reason.as_object()["Code"] = "TransactionConflict";
        }
        response->body = bj::serialize(body);
      }
      return respond_with(*response);
    }
    case Fault::kTruncated:
      text.resize(1 + Random(text.size() - 1));
      ScriptedServer::Write(client, text);
      return false;
    case Fault::kCorrupt: {
      const std::size_t body = text.find("\r\n\r\n") + 4;
      char& byte = text[body + Random(text.size() - body)];
      byte = static_cast<char>(byte ^ 1);
      ScriptedServer::Write(client, text);
      return true;
    }
    case Fault::kSlow:
      for (std::size_t at = 0; at < text.size(); at += 1 + text.size() / 4) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        ScriptedServer::Write(client, text.substr(at, 1 + text.size() / 4));
      }
      return true;
    case Fault::kHang:
      ScriptedServer::WaitForEnd(client);
      return false;
    default:  // kLostResponse
      Reset(client);
      return false;
  }
}

}  // namespace users::testing
