#include "aws/remote_credentials.h"

#include <array>
#include <boost/asio/ip/address.hpp>

#include "base/files.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "net/http_client.h"

namespace users::aws {
namespace {

constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kInstanceEndpoint = "http://169.254.169.254";
constexpr std::string_view kTokenPath = "/latest/api/token";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::string_view kTokenLifetime = "21600";  // seconds
constexpr int kOk = 200;

net::HttpClientOptions LocalOptions() {
  net::HttpClientOptions options;
  options.read_time = std::chrono::milliseconds(2'000);
  options.limits.max_body_bytes = 64 << 10;
  return options;
}

Error NoGoodResponse(std::string_view from, const Result<net::IncomingResponse>& response) {
  std::string message = "no credentials from the " + std::string(from) + ": ";
  message +=
      response.ok() ? "status " + std::to_string(response->status) : response.error().message;
  return Error::Unavailable(std::move(message));
}

std::string WithoutNewlines(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

class ContainerSource final : public CredentialsSource {
 public:
  ContainerSource(net::Url url, std::optional<std::string> token,
                  std::optional<std::string> token_file)
      : client_(url, LocalOptions()),
        path_(std::move(url.path)),
        token_(std::move(token)),
        token_file_(std::move(token_file)) {}

  Task<Result<TimedCredentials>> Fetch(Deadline deadline) override {
    net::OutgoingRequest request("GET", path_, {{"Accept", "application/json"}});
    if (token_file_) {  // the file is rewritten from time to time
      auto token = ReadFile(*token_file_, 64 << 10);
      if (!token.ok()) {
        co_return Error::Unavailable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " +
                                     token.error().message);
      }
      request.headers.emplace_back("Authorization", WithoutNewlines(std::move(*token)));
    } else if (token_) {
      request.headers.emplace_back("Authorization", *token_);
    }
    const auto response = co_await client_.Send(std::move(request), deadline);
    if (!response.ok() || response->status != kOk) {
      co_return NoGoodResponse("container's endpoint", response);
    }
    co_return ParseRemoteCredentials(response->body);
  }

 private:
  net::HttpClient client_;
  const std::string path_;
  const std::optional<std::string> token_;
  const std::optional<std::string> token_file_;
};

class InstanceSource final : public CredentialsSource {
 public:
  explicit InstanceSource(net::Url url) : client_(std::move(url), LocalOptions()) {}

  Task<Result<TimedCredentials>> Fetch(Deadline deadline) override {
    net::OutgoingRequest for_token(
        "PUT", std::string(kTokenPath),
        {{"X-aws-ec2-metadata-token-ttl-seconds", std::string(kTokenLifetime)}});
    const auto token = co_await client_.Send(std::move(for_token), deadline);
    if (!token.ok() || token->status != kOk) co_return NoGoodResponse("instance's metadata", token);
    const net::HttpHeaders headers = {{"X-aws-ec2-metadata-token", token->body}};

    net::OutgoingRequest for_role("GET", std::string(kRolePath), headers);
    const auto role = co_await client_.Send(std::move(for_role), deadline);
    if (!role.ok() || role->status != kOk) co_return NoGoodResponse("instance's metadata", role);

    std::string path(kRolePath);
    const std::string_view first_line =
        std::string_view(role->body).substr(0, role->body.find('\n'));
    AppendPercentEncoded(path, first_line, /*keep_slash=*/false);
    net::OutgoingRequest for_keys("GET", std::move(path), headers);
    const auto keys = co_await client_.Send(std::move(for_keys), deadline);
    if (!keys.ok() || keys->status != kOk) co_return NoGoodResponse("instance's metadata", keys);
    co_return ParseRemoteCredentials(keys->body);
  }

 private:
  net::HttpClient client_;
};

// Hosts to which credentials may be sent without TLS: this machine, and the link-local addresses of
// ECS and EKS. Other names could resolve to any address.
bool IsTrustedWithoutTls(const std::string& host) {
  if (EqualIgnoringAsciiCase(host, "localhost")) return true;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (error) return false;
  if (address.is_loopback()) return true;
  constexpr std::array<const char*, 3> kAllowed = {"169.254.170.2", "169.254.170.23",
                                                   "fd00:ec2::23"};
  for (const char* allowed : kAllowed) {
    if (address == boost::asio::ip::make_address(allowed, error)) return true;
  }
  return false;
}

}  // namespace

Result<std::unique_ptr<CredentialsSource>> MakeContainerSource(const Environment& environment) {
  std::string origin = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
  std::string text;
  if (const auto relative = environment(origin)) {
    if (!relative->starts_with('/')) {
      return Error::Unavailable(origin + " must begin with a slash");
    }
    text = std::string(kContainerHost) + *relative;
  } else {
    origin = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    text = environment(origin).value_or("");
  }
  auto url = net::ParseUrl(text);
  if (!url.ok()) return Error::Unavailable(origin + " " + url.error().message);
  if (!url->tls && !IsTrustedWithoutTls(url->host)) {
    return Error::Unavailable(origin + " must be https, or an address of this machine, ECS or EKS");
  }
  return std::unique_ptr<CredentialsSource>(std::make_unique<ContainerSource>(
      std::move(*url), environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
      environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")));
}

Result<std::unique_ptr<CredentialsSource>> MakeInstanceSource(const Environment& environment) {
  constexpr std::string_view kVariable = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
  auto url = net::ParseUrl(environment(kVariable).value_or(std::string(kInstanceEndpoint)));
  if (!url.ok()) return Error::Unavailable(std::string(kVariable) + " " + url.error().message);
  return std::unique_ptr<CredentialsSource>(std::make_unique<InstanceSource>(std::move(*url)));
}

Result<TimedCredentials> ParseRemoteCredentials(std::string_view json) {
  const auto fault = Error::Unavailable("the response contains no valid credentials");
  const auto parsed = json::Parse(json);
  if (!parsed.ok() || !parsed->value.is_object()) return fault;
  const auto& object = parsed->value.get_object();
  const auto text = [&](std::string_view name) { return json::FindString(object, name); };
  if (text("Code").value_or("Success") != "Success") return fault;
  TimedCredentials found;
  found.credentials.access_key_id = text("AccessKeyId").value_or("");
  found.credentials.secret_access_key = text("SecretAccessKey").value_or("");
  found.credentials.session_token = text("Token").value_or("");
  const auto expiration = text("Expiration");
  if (expiration) found.expires = ParseTimestamp(*expiration);
  const bool good = !found.credentials.access_key_id.empty() &&
                    !found.credentials.secret_access_key.empty() &&
                    expiration.has_value() == found.expires.has_value();
  if (!good) return fault;
  return found;
}

}  // namespace users::aws
