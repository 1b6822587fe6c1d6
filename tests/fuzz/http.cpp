// Request heads and bodies as a connection reads them (net/http_head.h, net/chunked.h). The first
// line of the input says where the stream after it is split.
#include <algorithm>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text/text.h"
#include "fuzz.h"
#include "net/chunked.h"
#include "net/http_head.h"
#include "support/beast_head.h"

namespace users::fuzz {
namespace {

using net::ChunkedDecoder;
using net::HeadFinder;
using net::RequestHead;

constexpr std::size_t kMaxBodyBytes = 1000;  // small, so that inputs reach it

using Fields = std::vector<std::pair<std::string, std::string>>;

// A request, independent of the bytes that it was read from.
struct ReadRequest {
  std::string method, path, query;
  int minor_version = 0;
  Fields fields;
  std::optional<std::uint64_t> content_length;
  bool chunked = false, expects_continue = false, keep_alive = false;
  std::string body;  // the part that has arrived
  bool complete = false;

  auto AsTuple() const {
    return std::tie(method, path, query, minor_version, fields, content_length, chunked,
                    expects_continue, keep_alive, body, complete);
  }
  bool operator==(const ReadRequest& other) const { return AsTuple() == other.AsTuple(); }
};

ReadRequest Detached(const RequestHead& head) {
  ReadRequest request;
  request.method = head.method;
  request.path = head.path;
  request.query = head.query;
  request.minor_version = head.minor_version;
  for (const HeaderField& field : head.fields) request.fields.emplace_back(field.name, field.value);
  request.content_length = head.content_length;
  request.chunked = head.chunked;
  request.expects_continue = head.expects_continue;
  request.keep_alive = head.keep_alive;
  return request;
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

// What RFC 9112 and the contract require of an accepted head.
void CheckHead(const RequestHead& head) {
  PROMISE(!head.method.empty() && head.method.find_first_of(" \t:/") == head.method.npos);
  PROMISE(head.path == "*" || head.path.starts_with('/'));
  PROMISE(head.path.find_first_of("?# \t\r\n") == head.path.npos);
  PROMISE(head.query.find_first_of("# \t\r\n") == head.query.npos);
  for (const HeaderField& field : head.fields) {
    PROMISE(!field.name.empty() && field.name.find_first_of(" \t:;,\r\n") == field.name.npos);
    PROMISE(!HasControls(field.name) && !HasControls(field.value));
    PROMISE(field.value.empty() || (field.value.front() != ' ' && field.value.front() != '\t' &&
                                    field.value.back() != ' ' && field.value.back() != '\t'));
  }
  for (const std::string_view once :
       {"Host", "Content-Length", "Transfer-Encoding", "Idempotency-Key"}) {
    PROMISE(head.Count(once) <= 1);
  }
  PROMISE(head.Count("host") == 1 || head.minor_version == 0);
  PROMISE(!(head.chunked && head.content_length));
  PROMISE(head.chunked == (head.Count("transfer-encoding") == 1));
  PROMISE(head.content_length.has_value() == (head.Count("content-length") == 1));
  PROMISE(head.Find("x-some").has_value() == head.Joined("X-Some").has_value());
}

// Rewritten in the plainest form, the head must parse to the same request.
void CheckRewritten(const RequestHead& head) {
  std::string text(head.method);
  text.append(" ").append(head.path);
  if (!head.query.empty()) text.append("?").append(head.query);
  text.append(" HTTP/1.").append(std::to_string(head.minor_version)).append("\r\n");
  for (const HeaderField& field : head.fields) {
    text.append(field.name).append(":").append(field.value).append("\r\n");
  }
  text.append("\r\n");
  HeadFinder finder;
  PROMISE(finder.Scan(text) == HeadFinder::State::kComplete);
  PROMISE(finder.begin() == 0 && finder.end() == text.size());
  RequestHead again;
  PROMISE(net::ParseRequestHead(text, again));
  PROMISE(Detached(again) == Detached(head));
}

// All fields of a well-formed head can be salvaged.
void CheckSalvage(std::string_view text, const RequestHead& head) {
  RequestHead salvaged;
  net::ParseReadableFields(text, salvaged);
  PROMISE(salvaged.fields.size() == head.fields.size());
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    PROMISE(salvaged.fields[i].name == head.fields[i].name);
    PROMISE(salvaged.fields[i].value == head.fields[i].value);
  }
}

// Reads requests in sequence from the start of a stream.
class StreamReader {
 public:
  enum class Rejection { kNone, kHeadMalformed, kHeadTooLarge, kBodyMalformed, kBodyTooLarge };

  // `stream` is everything that has arrived so far.
  void Read(std::string_view stream) {
    while (rejection_ == Rejection::kNone && (in_body_ ? ReadBody(stream) : ReadHead(stream))) {
    }
  }

  const std::vector<ReadRequest>& requests() const { return requests_; }
  Rejection rejection() const { return rejection_; }

 private:
  // Returns whether the body has ended.
  bool ReadHead(std::string_view stream) {
    const std::string_view bytes = stream.substr(at_);
    switch (finder_.Scan(bytes)) {
      case HeadFinder::State::kIncomplete:
        PROMISE(bytes.size() <= net::kMaxRequestLineBytes + net::kMaxHeaderSectionBytes + 4);
        return false;
      case HeadFinder::State::kMalformed: {
        rejection_ = Rejection::kHeadMalformed;
        RequestHead salvaged;
        net::ParseReadableFields(bytes, salvaged);
        for (const HeaderField& field : salvaged.fields) {
          PROMISE(net::IsToken(field.name) && net::IsFieldValue(field.value));
        }
        return false;
      }
      case HeadFinder::State::kTooLarge:
        rejection_ = Rejection::kHeadTooLarge;
        return false;
      case HeadFinder::State::kComplete:
        break;
    }
    PROMISE(finder_.begin() < finder_.end() && finder_.end() <= bytes.size());
    const std::string_view text = bytes.substr(finder_.begin(), finder_.end() - finder_.begin());
    PROMISE(text.ends_with("\r\n\r\n"));
    PROMISE(text.size() <= net::kMaxRequestLineBytes + net::kMaxHeaderSectionBytes);
    RequestHead head;
    if (!net::ParseRequestHead(text, head)) {
      rejection_ = Rejection::kHeadMalformed;
      return false;
    }
    CheckSalvage(text, head);
    CheckHead(head);
    CheckRewritten(head);
    PROMISE(testing::IsBeyondBeast(head) || !testing::DifferenceFromBeast(head, text));
    requests_.push_back(Detached(head));
    at_ += finder_.end();
    finder_ = HeadFinder();
    decoder_.emplace(kMaxBodyBytes);
    in_body_ = true;
    if (head.content_length.value_or(0) > kMaxBodyBytes) rejection_ = Rejection::kBodyTooLarge;
    return rejection_ == Rejection::kNone;
  }

  bool ReadBody(std::string_view stream) {
    ReadRequest& request = requests_.back();
    std::string_view rest = stream.substr(at_);
    if (request.chunked) {
      const auto state = decoder_->Decode(rest, request.body);
      PROMISE(request.body.size() <= kMaxBodyBytes);
      if (state == ChunkedDecoder::State::kMalformed) rejection_ = Rejection::kBodyMalformed;
      if (state == ChunkedDecoder::State::kTooLarge) rejection_ = Rejection::kBodyTooLarge;
      PROMISE(state != ChunkedDecoder::State::kIncomplete || rest.empty());
      request.complete = state == ChunkedDecoder::State::kComplete;
    } else {
      const std::size_t wanted = request.content_length.value_or(0) - request.body.size();
      const std::size_t taken = std::min(wanted, rest.size());
      request.body.append(rest.substr(0, taken));
      rest.remove_prefix(taken);
      request.complete = taken == wanted;
    }
    at_ = stream.size() - rest.size();
    in_body_ = !request.complete;
    return request.complete && !rest.empty();
  }

  std::vector<ReadRequest> requests_;
  Rejection rejection_ = Rejection::kNone;
  std::size_t at_ = 0;  // the start of the current head or body
  bool in_body_ = false;
  HeadFinder finder_;
  std::optional<ChunkedDecoder> decoder_;
};

// A head over the limit that is followed by a bare CR or LF is malformed if all bytes arrive at
// once, and too large otherwise. Both are rejections. Nothing else may depend on the split.
bool Alike(StreamReader::Rejection a, StreamReader::Rejection b) {
  using Rejection = StreamReader::Rejection;
  const auto of_head = [](Rejection rejection) {
    return rejection == Rejection::kHeadMalformed || rejection == Rejection::kHeadTooLarge;
  };
  return a == b || (of_head(a) && of_head(b));
}

// A body in chunks of any sizes decodes to itself, and the bytes after it are not consumed.
void CheckChunking(std::string_view body, std::string_view lengths) {
  std::string chunked;
  std::size_t begin = 0;
  for (const std::size_t end : EndsOfPieces(lengths, body.size())) {
    if (end == begin) continue;
    char size[20];
    std::snprintf(size, sizeof size, "%zX", end - begin);
    chunked.append(size).append(";x=1\r\n").append(body.substr(begin, end - begin)).append("\r\n");
    begin = end;
  }
  chunked.append("0\r\nTrailer: x\r\n\r\nGET");
  ChunkedDecoder decoder(body.size());
  std::string_view rest = chunked;
  std::string decoded;
  PROMISE(decoder.Decode(rest, decoded) == ChunkedDecoder::State::kComplete);
  PROMISE(decoded == body && rest == "GET");
}

void Test(std::string_view input) {
  const std::string_view lengths = TakeLine(input);
  StreamReader at_once;
  at_once.Read(input);
  StreamReader in_pieces;
  for (const std::size_t end : EndsOfPieces(lengths, input.size())) {
    in_pieces.Read(input.substr(0, end));
  }
  PROMISE(Alike(at_once.rejection(), in_pieces.rejection()));
  PROMISE(at_once.requests() == in_pieces.requests());
  CheckChunking(input.substr(0, kMaxBodyBytes), lengths);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
