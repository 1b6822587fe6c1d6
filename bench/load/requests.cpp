#include "load/requests.h"

#include <random>

#include "aws/sigv4.h"
#include "base/clock.h"
#include "support/principals.h"

namespace users::bench {
namespace {

constexpr std::string_view kRegion = "us-east-1";
constexpr std::string_view kService = "execute-api";

struct Signer {
  std::string access_key_id;
  Sha256Digest signing_key{};
};

// Signs like aws::SignatureHeaders, but derives each signing key once for all requests.
class Writer {
 public:
  Writer(const SigningOptions& options, Timestamp now)
      : host_(options.host), amz_date_(aws::FormatAmzDate(now)) {
    scope_.date = std::string_view(amz_date_).substr(0, 8);
    scope_.region = kRegion;
    scope_.service = kService;
    for (std::uint64_t i = 0; i < options.principals; ++i) {
      const aws::Credentials credentials = CredentialsOf(i);
      signers_.push_back({credentials.access_key_id,
                          aws::DeriveSigningKey(credentials.secret_access_key, scope_)});
    }
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void Append(std::string& out, const Call& call, const std::string& correlation_id,
              std::uint64_t signer_number) const {
    const Signer& signer = signers_[signer_number % signers_.size()];
    HeaderFields fields = {
        {"host", host_}, {"x-amz-date", amz_date_}, {"x-correlation-id", correlation_id}};
    std::string_view signed_headers = "host;x-amz-date;x-correlation-id";
    if (!call.body.empty()) {
      fields.Add({"content-type", "application/json"});
      signed_headers = "content-type;host;x-amz-date;x-correlation-id";
    }
    const aws::RequestView view{call.method, call.path, call.query, fields};
    const std::string canonical =
        aws::CanonicalRequest(view, signed_headers, ToHex(Sha256(call.body)),
                              aws::QueryForm::kCanonical, aws::PathForm::kAsSent);
    const std::string signature =
        aws::Sign(signer.signing_key, aws::StringToSign(amz_date_, scope_, canonical));

    out.append(call.method).append(" ").append(call.path);
    if (!call.query.empty()) out.append("?").append(call.query);
    out.append(" HTTP/1.1\r\n");
    for (const HeaderField& field : fields) {
      out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
    out.append("user-agent: bench\r\naccept: */*\r\n");
    if (!call.body.empty()) {
      out.append("content-length: ").append(std::to_string(call.body.size())).append("\r\n");
    }
    out.append("authorization: ").append(aws::kAlgorithm).append(" Credential=");
    out.append(signer.access_key_id).append("/").append(scope_.date).append("/");
    out.append(kRegion).append("/").append(kService).append("/aws4_request, SignedHeaders=");
    out.append(signed_headers).append(", Signature=").append(signature);
    out.append("\r\n\r\n").append(call.body);
  }

 private:
  const std::string host_;
  const std::string amz_date_;
  aws::CredentialScope scope_;
  std::vector<Signer> signers_;
};

}  // namespace

SignedRequests::SignedRequests(Workload& workload, std::uint64_t count,
                               const SigningOptions& options) {
  const Writer writer(options, SystemClock().Now());
  std::mt19937_64 random(options.seed);
  ends_.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string correlation_id = options.run + "-" + std::to_string(i);
    writer.Append(bytes_, workload.Next(i), correlation_id, random());
    ends_.push_back(bytes_.size());
  }
}

}  // namespace users::bench
