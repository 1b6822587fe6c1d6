#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "aws/sigv4.h"
#include "base/files.h"
#include "base/json/json.h"
#include "net/http_head.h"
#include "server/authenticator.h"
#include "server/principals.h"
#include "support/principals.h"

namespace users::bench {
namespace {

constexpr std::string_view kRegion = "us-east-1";
constexpr std::string_view kPath = "/users/01ARZ3NDEKTSV4RRFFQ69G5FAV";

class NoSink final : public LogSink {
 public:
  void Write(std::string_view, LineKind) override {}
};

std::string SignedHead(std::uint64_t principal, Timestamp now, const std::string& query = "") {
  HeaderFields fields = {{"host", "127.0.0.1:8080"},
                         {"x-correlation-id", "01ARZ3NDEKTSV4RRFFQ69G5FAV-12345"}};
  const aws::RequestView view{"GET", kPath, query, fields};
  std::string head =
      "GET " + std::string(kPath) + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\n";
  for (const HeaderField& field : fields) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  for (const auto& [name, value] :
       aws::SignatureHeaders(view, "", CredentialsOf(principal), kRegion, "execute-api", now)) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "\r\n";
}

std::string Repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

void ParseHead(benchmark::State& state, const std::string& more_headers) {
  std::string text = SignedHead(7, SystemClock().Now());
  text.insert(text.size() - 2, more_headers);
  net::RequestHead head;
  for (auto _ : state) {
    net::HeadFinder finder;
    benchmark::DoNotOptimize(finder.Scan(text));
    benchmark::DoNotOptimize(net::ParseRequestHead(text, head));
  }
}
BENCHMARK_CAPTURE(ParseHead, plain, "");
BENCHMARK_CAPTURE(ParseHead, headers_2500, Repeated("a:\r\n", 2500));

// A thousand principals.
struct Callers {
  const SystemClock clock;
  NoSink sink;
  const Log log{sink, clock, LogLevel::kError};
  std::unique_ptr<server::PrincipalStore> store;

  Callers() {
    const std::string file = std::filesystem::temp_directory_path() /
                             ("usersd-bench-principals-" + std::to_string(::getpid()));
    const auto written = WriteFileAtomically(file, PrincipalsFile(1000), 0600);
    auto opened = server::PrincipalStore::Open(file, log);
    std::filesystem::remove(file);
    if (written.ok() && opened.ok()) store = std::move(*opened);
  }
};

void VerifySignature(benchmark::State& state) {
  const Callers callers;
  if (callers.store == nullptr) return state.SkipWithError("no principals");
  server::Authenticator authenticator(*callers.store, std::string(kRegion));
  const Timestamp now = callers.clock.Now();
  std::vector<std::string> texts;
  std::vector<net::RequestHead> heads(1000);
  for (std::uint64_t i = 0; i < heads.size(); ++i) texts.push_back(SignedHead(i, now));
  for (std::size_t i = 0; i < heads.size(); ++i) net::ParseRequestHead(texts[i], heads[i]);
  std::size_t next = 0;
  server::Rejection rejection;
  for (auto _ : state) {
    const auto identity = authenticator.Authenticate(heads[next], "", now, rejection);
    if (!identity.ok()) return state.SkipWithError(identity.error().message.c_str());
    next = (next + 1) % heads.size();
  }
}
BENCHMARK(VerifySignature);

// A known key with a wrong signature: what a caller without a known key can make the server do.
void RejectSignature(benchmark::State& state, const std::string& query,
                     const std::string& more_headers) {
  const Callers callers;
  if (callers.store == nullptr) return state.SkipWithError("no principals");
  server::Authenticator authenticator(*callers.store, std::string(kRegion));
  const Timestamp now = callers.clock.Now();
  std::string text = SignedHead(7, now, query);
  text.replace(text.rfind("Signature=") + 10, 8, "00000000");
  text.insert(text.size() - 2, more_headers);
  net::RequestHead head;
  if (!net::ParseRequestHead(text, head)) return state.SkipWithError("no request");
  server::Rejection rejection;
  for (auto _ : state) {
    const auto identity = authenticator.Authenticate(head, "", now, rejection);
    if (identity.ok()) return state.SkipWithError("accepted");
  }
}
BENCHMARK_CAPTURE(RejectSignature, plain, "", "");
BENCHMARK_CAPTURE(RejectSignature, five_parameters, "limit=5&status=active&a=%41&b=2&c=3", "");
BENCHMARK_CAPTURE(RejectSignature, parameters_8000, Repeated("a&", 8000), "");
BENCHMARK_CAPTURE(RejectSignature, parameters_128, Repeated(std::string(124, '%') + "b=&", 127),
                  "");
BENCHMARK_CAPTURE(RejectSignature, headers_2500, "", Repeated("a:\r\n", 2500));

void DeriveSigningKey(benchmark::State& state) {
  const aws::CredentialScope scope{"20261122", kRegion, "execute-api"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(aws::DeriveSigningKey("not-a-secret-but-long-enough", scope));
  }
}
BENCHMARK(DeriveSigningKey);

void AllowByTenStatements(benchmark::State& state) {
  const auto principals = server::Principals::Parse(PrincipalsFile(1));
  const server::AccessKey* key = (*principals)->FindKey(CredentialsOf(0).access_key_id);
  const std::string resource =
      "arn:aws:execute-api:us-east-1:000000000000:users/local/GET" + std::string(kPath);
  for (auto _ : state) {
    benchmark::DoNotOptimize(key->principal->policy.Allows("execute-api:invoke", resource));
  }
}
BENCHMARK(AllowByTenStatements);

}  // namespace
}  // namespace users::bench
