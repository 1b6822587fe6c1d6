// Page tokens, If-Match, idempotency keys and times: values that callers send in one line. The
// input is three lines, each of which is parsed as every kind of value. The second is also the
// scope of a token, and the third its position.
#include <algorithm>
#include <string>

#include "api/input.h"
#include "base/clock.h"
#include "base/text/text.h"
#include "base/ulid.h"
#include "domain/field_rules.h"
#include "domain/if_match.h"
#include "fuzz.h"
#include "service/page_token.h"
#include "service/trail.h"

namespace users::fuzz {
namespace {

void CheckToken(std::string_view token, std::string_view scope_text, std::string_view position) {
  const std::string scope = service::PageScope({"users_list_query", scope_text});
  // Only the output of EncodePageToken is accepted, and only in one form.
  if (const auto decoded = service::DecodePageToken(token, scope)) {
    PROMISE(service::EncodePageToken(*decoded, scope) == token);
  }
  if (const auto bytes = DecodeBase64Url(token)) PROMISE(EncodeBase64Url(*bytes) == token);
  position = position.substr(0, 32);
  if (position.empty()) return;
  const std::string made = service::EncodePageToken(position, scope);
  PROMISE(service::DecodePageToken(made, scope) == position);
  PROMISE(!service::DecodePageToken(made, service::PageScope({"users_list_query", token, "x"})));
  PROMISE(!service::DecodePageToken(made, service::PageScope({"users_audit_query", scope_text})));
  PROMISE(!service::DecodePageToken(made + "A", scope));
  std::string damaged = made;
  char& digit = damaged[position.size() * 7 % damaged.size()];
  digit = digit == 'A' ? 'B' : 'A';
  PROMISE(!service::DecodePageToken(damaged, scope));
}

// The cursor of events is such a token too.
void CheckCursor(std::string_view token, std::string_view store, std::string_view digest) {
  if (const auto decoded = service::DecodeEventCursor(token, store)) {
    PROMISE(service::EncodeEventCursor(*decoded, store) == token);
  }
  const service::EventCursor cursor(digest.size() * 0x0123456789ABCDEF,
                                    std::string(digest.substr(0, 8)));
  const std::string made = service::EncodeEventCursor(cursor, store);
  const auto decoded = service::DecodeEventCursor(made, store);
  PROMISE(decoded && decoded->position == cursor.position && decoded->digest == cursor.digest);
  PROMISE(!service::DecodeEventCursor(made, std::string(store) + "x"));
  PROMISE(!service::DecodeEventCursor(made + "A", store));
}

void CheckIfMatch(std::string_view text, std::string_view more) {
  const auto parsed = domain::IfMatch::Parse(text);
  if (!parsed) return;
  const bool any = parsed->Admits(0, true) && parsed->Admits(~std::uint64_t{0}, true);
  for (const std::uint64_t version :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{12}, ~std::uint64_t{0}}) {
    const std::string tag = "\"" + std::to_string(version) + "\"";
    if (parsed->Admits(version, false)) PROMISE(text.find(tag) != text.npos);
    if (parsed->Admits(version, true)) PROMISE(any || text.find(tag) != text.npos);
    PROMISE(text.find('*') != text.npos ||
            parsed->Admits(version, true) == parsed->Admits(version, false));
    // An additional tag admits its version, an additional weak tag does not, and an unquoted one is
    // an error.
    const std::string list(text);
    if (list.find('*') == list.npos) {
      const auto longer = domain::IfMatch::Parse(list + ", " + tag);
      PROMISE(longer && longer->Admits(version, true));
      const auto weaker = domain::IfMatch::Parse(list + " ,W/" + tag);
      PROMISE(weaker && weaker->Admits(version, true) == parsed->Admits(version, true));
      PROMISE(!domain::IfMatch::Parse(list + "," + std::to_string(version)));
    }
  }
  // Two header lines, joined as the front door joins them, admit what either of them admits.
  const auto other = domain::IfMatch::Parse(more);
  if (!other || text.find('*') != text.npos || more.find('*') != more.npos) return;
  const auto both = domain::IfMatch::Parse(std::string(text) + ", " + std::string(more));
  PROMISE(both);
  for (const std::uint64_t version : {1, 2, 3, 12}) {
    PROMISE(both->Admits(version, true) ==
            (parsed->Admits(version, true) || other->Admits(version, true)));
  }
}

void CheckIdempotencyKey(std::string_view text, std::string_view if_match) {
  api::Request request;
  request.idempotency_key = std::string(text);
  request.if_match = std::string(if_match);
  api::Input input = api::Input::WithoutBody(request);
  const auto key =
      input.WriteContextOf(api::Operation::kUsersStatusUpdate, api::Input::KeyIn::kHeader)
          .idempotency_key;
  const auto condition = input.IfMatch();
  const bool good =
      !text.empty() && text.size() <= 255 && text.front() != ' ' && text.back() != ' ' &&
      text.find("  ") == text.npos &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
  PROMISE(key.has_value() == good && (!good || *key == text));
  PROMISE(condition.has_value() == domain::IfMatch::Parse(if_match).has_value());
  PROMISE(input.Finish().ok() == (good && condition));
}

void CheckTimesAndIds(std::string_view text) {
  if (const auto time = ParseTimestamp(text); time && *time != kEndOfTime) {
    const std::string formatted = FormatTimestamp(*time);
    PROMISE(formatted.size() == 24 && ParseTimestamp(formatted) == time);
    PROMISE(ParseTimestamp(FormatSeconds(*time)).has_value());
  }
  if (const auto id = ParseUlid(text)) PROMISE(id->ToString() == text);
}

void Test(std::string_view input) {
  const std::string_view first = TakeLine(input);
  const std::string_view second = TakeLine(input);
  const std::string_view third = input;
  CheckToken(first, second, third);
  CheckCursor(first, second, third);
  CheckIfMatch(first, second);
  CheckIdempotencyKey(first, second);
  CheckTimesAndIds(first);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
