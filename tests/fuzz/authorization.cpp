// Signatures (aws/sigv4.h, server/authenticator.h). The input is an HTTP request with bare line
// ends, as in AWS's test cases. Each run of this program generates a new secret access key, so an
// input that authenticates has bypassed the check.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/request.h"
#include "aws/sigv4.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text/text.h"
#include "file_in_memory.h"
#include "fuzz.h"
#include "net/http_head.h"
#include "server/authenticator.h"

namespace users::fuzz {
namespace {

constexpr std::string_view kKeyId = "AKIAIOSFODNN7EXAMPLE";
constexpr std::string_view kKeyIdWithToken = "ASIAIOSFODNN7EXAMPLE";
constexpr std::string_view kToken = "session/token==";
constexpr std::string_view kRegion = "us-east-1";
constexpr std::string_view kService = "execute-api";
// This header of the input is not sent. It contains a second query, with which the signed request
// is tried again.
constexpr std::string_view kOtherQuery = "x-other-query";

class NoLog final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

// A principal with two keys, and an authenticator for them.
struct Server {
  NoLog sink;
  SystemClock clock;
  Log log{sink, clock, LogLevel::kError};
  std::string secret = ToHex(RandomBytes<20>());
  FileInMemory file{R"({"version":1,"principals":[{"arn":"arn:aws:iam::123456789012:user/clerk",)"
                    R"("accessKeys":[{"accessKeyId":")" +
                    std::string(kKeyId) + R"(","secretAccessKey":")" + secret +
                    R"("},{"accessKeyId":")" + std::string(kKeyIdWithToken) +
                    R"(","secretAccessKey":")" + secret + R"(","sessionToken":")" +
                    std::string(kToken) +
                    R"("}],"policy":{"Version":"2012-10-17","Statement":{"Effect":"Allow",)"
                    R"("Action":"*","Resource":"*"}}}]})"};
  std::unique_ptr<server::PrincipalStore> store =
      std::move(server::PrincipalStore::Open(file.path(), log).value());
  server::Authenticator authenticator{*store, std::string(kRegion)};
};

Server& TheServer() {
  static Server server;
  return server;
}

// The bytes of a request: its head as a client sends it, and its body.
struct Request {
  std::string head;
  std::string body;
};

Request FromInput(std::string_view input) {
  Request request;
  for (std::string_view line = TakeLine(input); !line.empty(); line = TakeLine(input)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    request.head.append(line).append("\r\n");
    if (input.empty()) break;
  }
  request.head += "\r\n";
  request.body = input;
  return request;
}

bool Read(std::string_view text, net::RequestHead& head) {
  net::HeadFinder finder;
  return finder.Scan(text) == net::HeadFinder::State::kComplete && finder.end() == text.size() &&
         net::ParseRequestHead(text.substr(finder.begin()), head);
}

// Whether the request itself contains the text, in any letter case.
bool Holds(const net::RequestHead& head, std::string_view text) {
  std::string all(head.path);
  all.append("\n").append(head.query);
  for (const HeaderField& field : head.fields) {
    all.append("\n").append(field.name).append("\n").append(field.value);
  }
  return LowerAscii(all).find(text) != std::string::npos;
}

bool IsAccepted(const net::RequestHead& head, std::string_view body, Timestamp now) {
  Server& server = TheServer();
  server::Rejection of_head;
  const bool head_is_good = server.authenticator.CheckHead(head, now, of_head).ok();
  PROMISE(head_is_good == (of_head.reason == server::RejectionReason::kNone));
  server::Rejection rejection;
  const auto identity = server.authenticator.Authenticate(head, body, now, rejection);
  if (identity.ok()) {
    PROMISE(head_is_good);
    PROMISE(rejection.reason == server::RejectionReason::kNone);
    PROMISE(identity->known != nullptr && identity->principal == identity->known->key->principal);
    return true;
  }
  // A body can only add a reason to reject the request.
  PROMISE(head_is_good || of_head.reason == rejection.reason ||
          rejection.reason == server::RejectionReason::kBodyHash);
  PROMISE(rejection.reason != server::RejectionReason::kNone);
  PROMISE(rejection.claimed_key_id.empty() || server::IsAccessKeyId(rejection.claimed_key_id));
  PROMISE(identity.error().code == ErrorCode::kAuthentication);
  std::string shown = identity.error().message;
  PROMISE(!shown.empty());
  PROMISE(identity.error().fields.empty() ==
          (rejection.reason != server::RejectionReason::kMismatch));
  for (const auto& [name, text] : identity.error().fields) {
    PROMISE(IsValidUtf8(text) && text.size() <= 10'000);
    // The canonical request contains only what the request contains.
    if (name != "canonicalRequest") shown += text;
  }
  // libFuzzer sees the operands of comparisons and may put the secret into a request. Then the
  // secret is shown with the request.
  PROMISE(Holds(head, server.secret) || shown.find(server.secret) == std::string::npos);
  PROMISE(identity.error().message.find(kToken) == std::string::npos);
  return false;
}

void CheckAuthorizationHeader(std::string_view text) {
  const auto parsed = aws::ParseAuthorization(text);
  if (!parsed) return;
  PROMISE(!parsed->access_key_id.empty() && !parsed->signed_headers.empty() &&
          !parsed->signature.empty());
  std::string written(aws::kAlgorithm);
  written.append(" Credential=").append(parsed->access_key_id);
  for (const std::string_view part :
       {parsed->scope.date, parsed->scope.region, parsed->scope.service}) {
    PROMISE(part.find('/') == part.npos);
    written.append("/").append(part);
  }
  written.append("/aws4_request, SignedHeaders=").append(parsed->signed_headers);
  written.append(", Signature=").append(parsed->signature);
  const auto again = aws::ParseAuthorization(written);
  PROMISE(again && again->access_key_id == parsed->access_key_id &&
          again->scope.date == parsed->scope.date && again->scope.region == parsed->scope.region &&
          again->scope.service == parsed->scope.service &&
          again->signed_headers == parsed->signed_headers && again->signature == parsed->signature);
}

void CheckAmzDate(std::string_view text) {
  const auto time = aws::ParseAmzDate(text);
  // A leap second becomes the following second.
  if (time && text.substr(13, 2) != "60") PROMISE(aws::FormatAmzDate(*time) == text);
}

std::string_view LineOf(std::string_view text, std::size_t index) {
  for (; index > 0; --index) TakeLine(text);
  return TakeLine(text);
}

void CheckCanonicalRequest(const net::RequestHead& head) {
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const auto canonical_of = [&](const aws::RequestView& request, aws::QueryForm form,
                                aws::PathForm path_form) {
    return aws::CanonicalRequest(request, "host;x-amz-date", "00", form, path_form);
  };
  for (const auto path_form : {aws::PathForm::kAsSent, aws::PathForm::kNormalised}) {
    const std::string canonical = canonical_of(view, aws::QueryForm::kCanonical, path_form);
    PROMISE(LineOf(canonical, 0) == head.method);
    PROMISE(std::count(canonical.begin(), canonical.end(), '\n') >= 6);
    // The canonical query is its own canonical form and is sorted.
    const std::string query(LineOf(canonical, 2));
    const aws::RequestView again{head.method, head.path, query, head.fields};
    PROMISE(canonical_of(again, aws::QueryForm::kCanonical, path_form) == canonical);
    PROMISE(canonical_of(again, aws::QueryForm::kSortedAsSent, path_form) == canonical);
    PROMISE(canonical_of(again, aws::QueryForm::kAsSent, path_form) == canonical);
  }
  // The path is encoded, so decoding returns the original.
  const std::string as_sent = canonical_of(view, aws::QueryForm::kAsSent, aws::PathForm::kAsSent);
  PROMISE(PercentDecode(LineOf(as_sent, 1)) == head.path);
  PROMISE(LineOf(as_sent, 2) == head.query);
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Appends the parameters of a query, sorted. Returns false for a query that the API rejects.
bool Says(std::string_view query, Parameters& parameters) {
  for (api::QueryParameter& parameter : api::ParseQuery(query)) {
    if (parameter.broken || parameter.name.empty()) return false;
    parameters.emplace_back(std::move(parameter.name), std::move(parameter.value));
  }
  std::sort(parameters.begin(), parameters.end());
  return true;
}

// Returns the fields for which `keeps(position)` is true.
template <class Keeps>
HeaderFields Filtered(const HeaderFields& fields, Keeps keeps) {
  HeaderFields kept;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (keeps(i)) kept.Add(fields[i]);
  }
  return kept;
}

// Returns the fields with another value at this position.
HeaderFields WithValue(const HeaderFields& fields, std::size_t position, std::string_view value) {
  HeaderFields changed;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    changed.Add(HeaderField{fields[i].name, i == position ? value : fields[i].value});
  }
  return changed;
}

std::string ValueOf(const net::RequestHead& head, std::string_view name) {
  return std::string(head.Find(name).value_or(""));
}

// Signs these headers of the request, however they were chosen.
std::string SignatureOver(const net::RequestHead& head, std::string_view body,
                          std::string_view signed_headers) {
  const std::string amz_date = ValueOf(head, "x-amz-date");
  const aws::CredentialScope scope{std::string_view(amz_date).substr(0, 8), kRegion, kService};
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const std::string canonical =
      aws::CanonicalRequest(view, signed_headers, ToHex(Sha256(body)), aws::QueryForm::kCanonical,
                            aws::PathForm::kAsSent);
  return aws::Sign(aws::DeriveSigningKey(TheServer().secret, scope),
                   aws::StringToSign(amz_date, scope, canonical));
}

// A correct signature that omits `host` or an x-amz-* header is rejected.
void CheckOmissions(const net::RequestHead& signed_head, std::string_view body, Timestamp now) {
  net::RequestHead head = signed_head;
  const std::size_t last = head.fields.size() - 1;
  const auto all = aws::ParseAuthorization(head.fields[last].value);
  PROMISE(all && SignatureOver(head, body, all->signed_headers) == all->signature);
  for (const std::string_view omitted : Split(all->signed_headers, ';')) {
    std::string rest;
    for (const std::string_view name : Split(all->signed_headers, ';')) {
      if (name != omitted) rest.append(rest.empty() ? "" : ";").append(name);
    }
    const bool must_be_signed =
        omitted == "host" || (omitted.starts_with("x-amz-") && omitted != "x-amz-security-token");
    std::string authorization(aws::kAlgorithm);
    authorization.append(" Credential=").append(all->access_key_id);
    authorization.append("/").append(all->scope.date).append("/").append(kRegion);
    authorization.append("/").append(kService).append("/aws4_request, SignedHeaders=");
    authorization.append(rest).append(", Signature=").append(SignatureOver(head, body, rest));
    head.fields = WithValue(head.fields, last, authorization);
    PROMISE(IsAccepted(head, body, now) == !must_be_signed);
  }
}

// A request that is signed as a client signs is accepted, and rejected after any change.
void CheckSigning(const net::RequestHead& sent, std::string_view body, Timestamp now) {
  net::RequestHead head = sent;
  const std::string other_query = ValueOf(head, kOtherQuery);
  head.fields = Filtered(sent.fields, [&](std::size_t position) {
    const std::string name = LowerAscii(sent.fields[position].name);
    return name != "authorization" && name != kOtherQuery && !name.starts_with("x-amz-");
  });
  if (head.Count("host") == 0) return;  // HTTP/1.0
  const bool has_token = head.Find("connection").has_value();
  const aws::Credentials credentials{std::string(has_token ? kKeyIdWithToken : kKeyId),
                                     TheServer().secret,
                                     std::string(has_token ? kToken : std::string_view())};
  const aws::RequestView view{head.method, head.path, head.query, head.fields};
  const auto added = aws::SignatureHeaders(view, body, credentials, kRegion, kService, now);
  for (const auto& [name, value] : added) head.fields.Add(HeaderField{name, value});
  PROMISE(IsAccepted(head, body, now));
  PROMISE(IsAccepted(head, body, now + std::chrono::minutes(5)));
  PROMISE(!IsAccepted(head, body, now + std::chrono::minutes(5) + std::chrono::milliseconds(1)));
  PROMISE(!IsAccepted(head, body, now - std::chrono::minutes(6)));

  CheckOmissions(head, body, now);

  const auto rejected_with = [&](auto change) {
    net::RequestHead changed = head;
    std::string keep;
    change(changed, keep);
    PROMISE(!IsAccepted(changed, body, now));
  };
  PROMISE(!IsAccepted(head, std::string(body) + "x", now));
  rejected_with([](net::RequestHead& changed, std::string& keep) {
    changed.method = keep = std::string(changed.method) + "X";
  });
  rejected_with([](net::RequestHead& changed, std::string& keep) {
    changed.path = keep = std::string(changed.path) + "x";
  });
  rejected_with([](net::RequestHead& changed, std::string& keep) {
    changed.query = keep = std::string(changed.query) + (changed.query.empty() ? "x" : "&x");
  });
  for (std::size_t i = 0; i < std::min<std::size_t>(head.fields.size(), 6); ++i) {
    const std::size_t at = head.fields.size() - 1 - i;
    rejected_with([&](net::RequestHead& changed, std::string& keep) {
      keep = std::string(changed.fields[at].value) + "0";
      changed.fields = WithValue(changed.fields, at, keep);
    });
    rejected_with([&](net::RequestHead& changed, std::string&) {
      changed.fields =
          Filtered(changed.fields, [&](std::size_t position) { return position != at; });
    });
  }
  // Changes one digit of the signature, which is at the end of the last header.
  rejected_with([&](net::RequestHead& changed, std::string& keep) {
    const std::size_t last = changed.fields.size() - 1;
    keep = changed.fields[last].value;
    char& digit = keep[keep.size() - 1 - body.size() % 64];
    digit = digit == '0' ? '1' : '0';
    changed.fields = WithValue(changed.fields, last, keep);
  });

  // Another query is accepted only if it has the same parameters.
  net::RequestHead with_other = head;
  with_other.query = other_query;
  Parameters signed_ones;
  Parameters sent_ones;
  if (IsAccepted(with_other, body, now) && Says(head.query, signed_ones) &&
      Says(other_query, sent_ones)) {
    PROMISE(signed_ones == sent_ones);
  }
}

void Test(std::string_view input) {
  CheckAuthorizationHeader(input);
  CheckAmzDate(input.substr(0, 16));
  const Request request = FromInput(input);
  net::RequestHead head;
  if (!Read(request.head, head)) return;
  const std::string amz_date = ValueOf(head, "x-amz-date");
  CheckAmzDate(amz_date);
  CheckAuthorizationHeader(ValueOf(head, "authorization"));
  CheckCanonicalRequest(head);
  const Timestamp now =
      aws::ParseAmzDate(amz_date).value_or(*ParseTimestamp("2015-08-30T12:36:00Z"));
  PROMISE(!IsAccepted(head, request.body, now));
  CheckSigning(head, request.body, now);
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
