// Responses of a store over HTTP (net/http_message.h) and in DynamoDB's JSON
// (storage/dynamodb/responses.h, item_json.h). The first byte of the input says where the other
// bytes are split.
#include "storage/dynamodb/responses.h"

#include "base/json/json.h"
#include "fuzz.h"
#include "net/http_message.h"
#include "storage/dynamodb/item_json.h"

namespace users::fuzz {
namespace {

using net::HttpResponseParser;
using namespace storage::dynamodb;  // NOLINT

struct Read {
  HttpResponseParser::State state = HttpResponseParser::State::kIncomplete;
  bool keeps_alive = false;
  net::IncomingResponse response;
};

Read ReadIn(std::initializer_list<std::string_view> pieces) {
  net::HttpLimits limits;
  HttpResponseParser parser(limits);
  Read read;
  for (const std::string_view piece : pieces) {
    if (read.state == HttpResponseParser::State::kIncomplete) read.state = parser.Feed(piece);
  }
  if (read.state == HttpResponseParser::State::kComplete) {
    read.keeps_alive = parser.keeps_alive();
    read.response = parser.TakeResponse();
  }
  return read;
}

// A response is the same however the network splits it.
std::string CheckHttp(std::string_view bytes, std::size_t at) {
  const Read whole = ReadIn({bytes});
  const Read split = ReadIn({bytes.substr(0, at), bytes.substr(at)});
  // An invalid response may be detected at different points.
  PROMISE((whole.state == HttpResponseParser::State::kComplete) ==
          (split.state == HttpResponseParser::State::kComplete));
  if (whole.state != HttpResponseParser::State::kComplete) return "";
  // Bytes after the response may not have arrived yet.
  PROMISE(!whole.keeps_alive || split.keeps_alive);
  PROMISE(whole.response.status == split.response.status);
  PROMISE(whole.response.body == split.response.body &&
          whole.response.headers == split.response.headers);
  return whole.response.body;
}

void CheckItem(const storage::Item& item) {
  std::string text;
  AppendItem(text, storage::Key(storage::Table::kUsers, "p", "s"), item);
  const auto parsed = json::Parse(text);
  PROMISE(parsed.ok() && parsed->value.is_object());
  const auto again = DecodeItem(parsed->value.get_object());
  PROMISE(again && *again == item);
}

void CheckBody(std::string_view body) {
  const auto parsed = json::Parse(body);
  if (!parsed.ok() || !parsed->value.is_object()) return;
  const auto& object = parsed->value.get_object();
  (void)ReadTableStatus(object);
  if (const auto item = ReadItem(object); item && *item) CheckItem(**item);
  if (const auto items = ReadItems(object, 2)) PROMISE(items->size() == 2);
  if (const auto batch = ReadBatch(object, {"users", "idempotency"})) {
    for (const auto& [key, item] : batch->found) {
      PROMISE((key.table == storage::Table::kUsers) == !key.sort.empty());
      CheckItem(item);
    }
  }
  if (const auto query = ReadQuery(object)) {
    for (std::size_t i = 1; i < query->rows.size(); ++i) {
      PROMISE(query->rows[i - 1].sort < query->rows[i].sort);
    }
    PROMISE(!query->last || query->rows.empty() || *query->last >= query->rows.back().sort);
  }
  aws::JsonResponse response;
  response.error = kCancelled;
  response.body = object;
  const auto kind = ClassifyTransaction(response);
  if (const auto cancelled = ReadCancellation(object, 2)) {
    PROMISE(!cancelled->committed && cancelled->reasons.size() == 2);
    // A final decision is never retried.
    for (const storage::OpReason& reason : cancelled->reasons) {
      if (reason.outcome != storage::OpOutcome::kConditionFailed) continue;
      PROMISE(kind == aws::RetryKind::kNone);
    }
  }
}

void Test(std::string_view input) {
  if (input.empty()) return;
  const std::size_t at = static_cast<unsigned char>(input.front()) % input.size();
  input.remove_prefix(1);
  CheckBody(input);
  CheckBody(CheckHttp(input, std::min(at, input.size())));
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
