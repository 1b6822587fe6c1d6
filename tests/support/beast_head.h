#pragma once

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text/text.h"
#include "net/http_head.h"

// Boost.Beast as a second parser of request heads. A program before or behind the server could use
// such a parser, so it must accept every head that this project's parser accepts, and read it
// alike.
namespace users::testing {

// Returns whether Beast does not support the head. Beast knows only HTTP/1.0 and 1.1, and rejects a
// Connection field that is not a list of tokens. This project's parser treats such a field as one
// without options, which does not change the request.
inline bool IsBeyondBeast(const net::RequestHead& head) {
  namespace http = boost::beast::http;
  if (head.minor_version > 1) return true;
  for (const HeaderField& field : head.fields) {
    const bool is_list = EqualIgnoringAsciiCase(field.name, "Connection") ||
                         EqualIgnoringAsciiCase(field.name, "Proxy-Connection");
    const http::opt_token_list list(
        boost::beast::string_view(field.value.data(), field.value.size()));
    if (is_list && !http::validate_list(list)) return true;
  }
  return false;
}

// Returns the first thing that Beast reads differently in `bytes`, which ParseRequestHead read as
// `head`, or nothing if they agree.
inline std::optional<std::string> DifferenceFromBeast(const net::RequestHead& head,
                                                      std::string_view bytes) {
  namespace http = boost::beast::http;
  const auto view_of = [](boost::beast::string_view text) {
    return std::string_view(text.data(), text.size());
  };
  http::request_parser<http::empty_body> beast;
  beast.header_limit(1 << 20);
  beast.body_limit(boost::none);
  boost::beast::error_code error;
  const std::size_t used = beast.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  if (error) return "rejected: " + error.message();
  if (!beast.is_header_done() || used != bytes.size()) return "the end of the head";
  const auto& message = beast.get();
  if (view_of(message.method_string()) != head.method) return "the method";
  if (message.version() != 10U + static_cast<unsigned>(head.minor_version)) return "the version";

  // The absolute form has the server before the path, and the path may be empty.
  std::string target(view_of(message.target()));
  if (!target.starts_with('/') && target != "*") {
    const std::size_t end = target.find_first_of("/?", target.find("//") + 2);
    target.erase(0, std::min(end, target.size()));
    if (!target.starts_with('/')) target.insert(0, "/");
  }
  const std::string with_query = std::string(head.path) + "?" + std::string(head.query);
  if (target != with_query && !(target == head.path && head.query.empty())) {
    return "the target: " + target;
  }

  // Beast groups fields with the same name, in the order in which they were sent.
  using Fields = std::vector<std::pair<std::string, std::string>>;
  const auto grouped = [](Fields fields) {
    std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) {
      return LowerAscii(a.first) < LowerAscii(b.first);
    });
    return fields;
  };
  Fields beasts_fields;
  for (const auto& field : message) {
    beasts_fields.emplace_back(view_of(field.name_string()), view_of(field.value()));
  }
  Fields our_fields;
  for (const HeaderField& field : head.fields) our_fields.emplace_back(field.name, field.value);
  if (grouped(beasts_fields) != grouped(our_fields)) return "the fields";
  if (beast.chunked() != head.chunked) return "whether it is chunked";
  const auto length = beast.content_length();
  if (head.content_length != (length ? std::optional<std::uint64_t>(*length) : std::nullopt)) {
    return "the length";
  }
  if (head.minor_version == 1 && beast.keep_alive() != head.keep_alive) {
    return "whether the connection is kept alive";
  }
  return std::nullopt;
}

}  // namespace users::testing
