#include <algorithm>
#include <boost/asio/this_coro.hpp>

#include "api/input.h"
#include "api/operations.h"
#include "base/async/alarm.h"
#include "base/json/json.h"
#include "base/text/text.h"

namespace users::api {
namespace {

constexpr int kMaxWaitSeconds = 20;

std::string EventsJson(const service::EventPage& page, std::string_view trail) {
  std::string out;
  json::ObjectWriter writer(out);
  json::ArrayWriter events = writer.Array("events");
  for (const std::string& event : page.events) {
    events.Next();
    out += event;
  }
  events.Close();
  writer.String("next", service::EncodeEventCursor(page.next, trail));
  writer.Close();
  return out;
}

void ReadCursor(Input& input, std::string_view trail, service::EventQuery& query) {
  using From = service::EventQuery::From;
  const auto after = input.Query("after");
  if (!after || *after == "oldest") return;
  query.from = *after == "newest" ? From::kNewest : From::kCursor;
  if (query.from == From::kNewest) return;
  auto cursor = service::DecodeEventCursor(*after, trail);
  if (cursor) {
    query.after = std::move(*cursor);
  } else {
    input.errors().Add("after", "must be oldest, newest, or a cursor of this store");
  }
}

std::optional<std::chrono::seconds> ReadWait(Input& input) {
  const auto text = input.Query("wait");
  if (!text) return std::nullopt;
  const auto seconds = ParseNumber<int>(*text);
  const bool is_valid =
      seconds && *seconds >= 1 && *seconds <= kMaxWaitSeconds && std::to_string(*seconds) == *text;
  if (!is_valid) input.errors().Add("wait", "must be a number from 1 to 20");
  return std::chrono::seconds(is_valid ? *seconds : 0);
}

// Waits until there is an event after the page, or until the wait must end. Returns whether the
// caller may see that event.
Task<bool> WaitForEvent(const Request& request, const service::UserService& users,
                        const service::EventPage& page, std::chrono::seconds wait) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const auto alarm = std::make_shared<Alarm>(executor);
  const Deadline until = DeadlineIn(wait);
  users.RingAtEvent(page.next, alarm);
  request.wait->Begin(until, [alarm] { alarm->Ring(); });
  co_await alarm->WaitUntil(until);
  co_return request.wait->End();
}

}  // namespace

Task<Result<Response>> EventsRead(const Request& request, service::UserService& users) {
  Input input = Input::WithoutBody(request);
  const std::string trail(users.TrailIdentity());
  service::EventQuery query;
  query.limit = input.Limit();
  ReadCursor(input, trail, query);
  const auto wait = ReadWait(input);
  if (auto faults = input.Finish(); !faults.ok()) co_return std::move(faults.error());

  auto page = co_await users.ReadEvents(ReadContextOf(request), query);
  if (!page.ok()) co_return std::move(page.error());
  if (page->events.empty() && wait && request.wait != nullptr) {
    const bool may_see = co_await WaitForEvent(request, users, *page, *wait);
    if (may_see) {
      query.from = service::EventQuery::From::kCursor;
      query.after = page->next;
      page = co_await users.ReadEvents(ReadContextOf(request), query);
      if (!page.ok()) co_return std::move(page.error());
    }
  }
  Response response;
  response.body = EventsJson(*page, trail);
  co_return response;
}

}  // namespace users::api
