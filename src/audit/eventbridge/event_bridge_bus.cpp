#include "audit/eventbridge/event_bridge_bus.h"

#include <array>
#include <optional>

#include "base/json/json.h"

namespace users::audit::eventbridge {
namespace {

namespace bj = boost::json;

aws::ServiceOptions EventBridgeService() {
  aws::ServiceOptions options;
  options.name = {"EVENTBRIDGE", "events"};
  options.protocol.signing_name = "events";
  options.protocol.target_prefix = "AWSEvents";
  options.protocol.content_type = "application/x-amz-json-1.1";
  // AWS's retry rules for every service except DynamoDB.
  options.protocol.retries.max_attempts = 3;
  options.protocol.retries.base = std::chrono::milliseconds(50);
  return options;
}

// Amazon EventBridge API Reference, PutEvents.
std::string PutEventsBody(const std::string& bus_name, const std::vector<BusEvent>& events) {
  std::string body;
  json::ObjectWriter request(body);
  json::ArrayWriter entries = request.Array("Entries");
  for (const BusEvent& event : events) {
    json::ObjectWriter writer = entries.Object();
    writer.Number("Time",
                  std::chrono::floor<std::chrono::seconds>(event.time.time_since_epoch()).count());
    writer.String("Source", kEventSource);
    writer.String("DetailType", kEventDetailType);
    writer.String("Detail", event.detail);
    writer.String("EventBusName", bus_name);
    writer.Close();
  }
  entries.Close();
  request.Close();
  return body;
}

// Reads one entry of the response. Returns nothing if it breaks the protocol. `error` is the name
// of the error, empty if there is none.
std::optional<Receipt> ReadReceipt(const bj::value& entry, std::string_view& error) {
  const bj::object* object = entry.if_object();
  if (object == nullptr) return std::nullopt;
  error = json::FindString(*object, "ErrorCode").value_or("");
  if (error.empty()) {
    if (!json::FindString(*object, "EventId")) return std::nullopt;
    return Receipt::kTaken;
  }
  constexpr std::array<std::string_view, 4> kOfTheMoment = {
      "ThrottlingException", "InternalFailure", "InternalException", "ServiceUnavailable"};
  for (const std::string_view name : kOfTheMoment) {
    if (error == name) return Receipt::kTryAgain;
  }
  return Receipt::kRejected;
}

class Bus final : public EventBridgeBus {
 public:
  Bus(std::string name, std::unique_ptr<aws::Service> service, const Log& log)
      : name_(std::move(name)), service_(std::move(service)), log_(log) {}

  Task<Status> Connect(Deadline deadline) override { return service_->Connect(deadline); }

  Task<Result<std::vector<Receipt>>> Put(std::vector<BusEvent> events, Deadline deadline) override {
    aws::JsonCall call("PutEvents", PutEventsBody(name_, events));
    const auto response = co_await service_->client().Call(std::move(call), deadline);
    if (!response.ok()) co_return response.error();
    if (!response->error.empty()) {
      log_.Error("bus_call_rejected").Text("reason", response->error);
      co_return Error::Unavailable("The event bus rejected the call.");
    }
    const bj::value* member = response->body.if_contains("Entries");
    const bj::array* entries = member == nullptr ? nullptr : member->if_array();
    std::vector<Receipt> receipts;
    for (std::size_t i = 0; entries != nullptr && i < entries->size(); ++i) {
      std::string_view error;
      const auto receipt = ReadReceipt((*entries)[i], error);
      if (!receipt) break;
      if (!error.empty()) log_.Error("event_not_taken").Text("reason", error);
      receipts.push_back(*receipt);
    }
    if (receipts.size() != events.size()) {
      log_.Error("bus_response_broken");
      co_return Error::Internal();
    }
    co_return receipts;
  }

 private:
  const std::string name_;
  const std::unique_ptr<aws::Service> service_;
  const Log& log_;
};

}  // namespace

Result<std::unique_ptr<EventBridgeBus>> EventBridgeBus::Open(const EventBridgeOptions& options,
                                                             const aws::Environment& environment,
                                                             const Clock& clock, const Log& log) {
  aws::ServiceOptions service_options = EventBridgeService();
  service_options.endpoint = options.endpoint;
  auto service = aws::Service::Open(std::move(service_options), environment, clock, log);
  if (!service.ok()) return std::move(service.error());
  return std::unique_ptr<EventBridgeBus>(
      std::make_unique<Bus>(options.bus_name, std::move(*service), log));
}

}  // namespace users::audit::eventbridge
