#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "aws/sigv4.h"
#include "base/files.h"
#include "base/json.h"
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

std::string SignedHead(std::uint64_t principal, Timestamp now) {
  std::vector<HeaderField> fields = {{"host", "127.0.0.1:8080"},
                                     {"x-correlation-id", "01ARZ3NDEKTSV4RRFFQ69G5FAV-12345"}};
  const aws::RequestView view{"GET", kPath, "", fields};
  std::string head = "GET " + std::string(kPath) + " HTTP/1.1\r\n";
  for (const HeaderField& field : fields) {
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  for (const auto& [name, value] :
       aws::SignatureHeaders(view, "", CredentialsOf(principal), kRegion, "execute-api", now)) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head + "\r\n";
}

void ParseHead(benchmark::State& state) {
  const std::string text = SignedHead(7, SystemClock().Now());
  net::RequestHead head;
  for (auto _ : state) {
    net::HeadFinder finder;
    benchmark::DoNotOptimize(finder.Look(text));
    benchmark::DoNotOptimize(net::ParseRequestHead(text, head));
  }
}
BENCHMARK(ParseHead);

void VerifySignature(benchmark::State& state) {
  const SystemClock clock;
  NoSink sink;
  const Log log(sink, clock, LogLevel::kError);
  const std::string file = std::filesystem::temp_directory_path() /
                           ("usersd-bench-principals-" + std::to_string(::getpid()));
  const auto written = WriteFileAtomically(file, PrincipalsFile(1000), 0600);
  auto store = server::PrincipalStore::Open(file, log);
  std::filesystem::remove(file);
  if (!written.ok() || !store.ok()) return state.SkipWithError("no principals");
  server::Authenticator authenticator(**store, std::string(kRegion));
  const Timestamp now = clock.Now();
  std::vector<std::string> texts;
  std::vector<net::RequestHead> heads(1000);
  for (std::uint64_t i = 0; i < heads.size(); ++i) texts.push_back(SignedHead(i, now));
  for (std::size_t i = 0; i < heads.size(); ++i) net::ParseRequestHead(texts[i], heads[i]);
  std::size_t next = 0;
  for (auto _ : state) {
    const auto identity = authenticator.Authenticate(heads[next], "", now);
    if (!identity.ok()) return state.SkipWithError(identity.error().message.c_str());
    next = (next + 1) % heads.size();
  }
}
BENCHMARK(VerifySignature);

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
