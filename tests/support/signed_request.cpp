#include "support/signed_request.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace users::testing {

std::string SignedRequest(const HttpCall& call, const aws::Credentials& credentials,
                          Timestamp now) {
  Headers headers = call.headers;
  headers.emplace_back("Host", "users.example.com");
  if (!call.body.empty()) headers.emplace_back("Content-Length", std::to_string(call.body.size()));
  if (!credentials.access_key_id.empty()) {
    HeaderFields fields;
    for (const auto& [name, value] : headers) fields.Add(HeaderField{name, value});
    const std::size_t question = call.target.find('?');
    const std::string path = call.target.substr(0, question);
    const std::string query = question == std::string::npos ? "" : call.target.substr(question + 1);
    const aws::RequestView view{call.method, path, query, fields};
    for (auto& header :
         aws::SignatureHeaders(view, call.body, credentials, "us-east-1", "execute-api", now)) {
      headers.push_back(std::move(header));
    }
  }
  std::string text = call.method + " " + call.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
  return text + "\r\n" + call.body;
}

HttpReply SendOverHttp(unsigned short port, const std::string& request) {
  namespace http = boost::beast::http;
  using boost::asio::ip::tcp;
  boost::asio::io_context context;
  tcp::socket socket(context);
  HttpReply reply;
  boost::system::error_code error;
  socket.connect(tcp::endpoint(boost::asio::ip::address_v4::loopback(), port), error);
  if (error) return reply;
  boost::asio::write(socket, boost::asio::buffer(request), error);
  boost::beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  if (request.starts_with("HEAD ")) parser.skip(true);
  parser.body_limit(16 << 20);
  http::read(socket, buffer, parser, error);
  if (error) return reply;
  reply.status = parser.get().result_int();
  reply.body = parser.get().body();
  for (const auto& field : parser.get()) {
    reply.headers.emplace_back(field.name_string(), field.value());
  }
  return reply;
}

}  // namespace users::testing
