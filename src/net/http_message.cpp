#include "net/http_message.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text/text.h"
#include "net/http_head.h"

namespace users::net {
namespace {

namespace http = boost::beast::http;

std::string_view ViewOf(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::optional<std::string_view> IncomingResponse::Find(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (EqualIgnoringAsciiCase(key, name)) return value;
  }
  return std::nullopt;
}

Result<std::string> WriteRequest(const OutgoingRequest& request, std::string_view authority) {
  bool good =
      IsToken(request.method) && request.target.starts_with('/') && IsVisibleAscii(request.target);
  bool has_host = false;
  std::size_t size = 256 + request.target.size() + request.body.size();
  for (const auto& [name, value] : request.headers) {
    good = good && IsToken(name) && IsFieldValue(value);
    has_host = has_host || EqualIgnoringAsciiCase(name, "Host");
    size += name.size() + value.size() + 4;
  }
  if (!good) return Error::Of(ErrorCode::kInternal, "the request cannot be written as HTTP");
  std::string text;
  text.reserve(size);
  text.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  if (!has_host) text.append("Host: ").append(authority).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!request.body.empty() || request.method != "GET") {
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  return text.append("\r\n").append(request.body);
}

struct HttpResponseParser::Parser {
  http::response_parser<http::string_body> parser;
  std::string unread;     // the incomplete head
  bool has_more = false;  // bytes after the response
};

HttpResponseParser::HttpResponseParser(const HttpLimits& limits)
    : parser_(std::make_unique<Parser>()) {
  parser_->parser.eager(true);
  parser_->parser.header_limit(static_cast<std::uint32_t>(limits.max_head_bytes));
  parser_->parser.body_limit(limits.max_body_bytes);
}

HttpResponseParser::~HttpResponseParser() = default;

HttpResponseParser::State HttpResponseParser::Feed(std::string_view bytes) {
  auto& parser = parser_->parser;
  std::string joined;
  if (!parser_->unread.empty()) {
    joined = std::move(parser_->unread);
    joined += bytes;
    bytes = joined;
  }
  while (!bytes.empty() && !parser.is_done()) {
    boost::beast::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (error == http::error::need_more) {
      parser_->unread = bytes;
      return State::kIncomplete;
    }
    if (error == http::error::body_limit || error == http::error::header_limit) {
      return State::kTooLarge;
    }
    if (error) return State::kMalformed;
    if (parser.is_header_done() && parser.need_eof()) return State::kMalformed;
  }
  if (!parser.is_done()) return State::kIncomplete;
  parser_->has_more = !bytes.empty();
  // A 1xx response only announces the final one, and our requests ask for none.
  return parser.get().result_int() < 200 ? State::kMalformed : State::kComplete;
}

bool HttpResponseParser::keeps_alive() const {
  return parser_->parser.keep_alive() && !parser_->has_more;
}

IncomingResponse HttpResponseParser::TakeResponse() {
  auto message = parser_->parser.release();
  IncomingResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response.headers.emplace_back(ViewOf(field.name_string()), ViewOf(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

}  // namespace users::net
