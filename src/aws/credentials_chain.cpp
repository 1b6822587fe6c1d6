#include "aws/credentials.h"
#include "aws/remote_credentials.h"
#include "aws/shared_credentials.h"
#include "base/files.h"

namespace users::aws {
namespace {

class StaticSource final : public CredentialsSource {
 public:
  explicit StaticSource(Credentials credentials) : credentials_(std::move(credentials)) {}
  Task<Result<TimedCredentials>> Fetch(Deadline) override {
    TimedCredentials found;
    found.credentials = credentials_;
    co_return found;
  }

 private:
  const Credentials credentials_;
};

// Reads the file at each fetch, so that replaced keys are found once the service rejects the old
// ones.
class FileSource final : public CredentialsSource {
 public:
  FileSource(std::string path, std::string profile)
      : path_(std::move(path)), profile_(std::move(profile)) {}

  Result<Credentials> Read() const {
    const auto text = ReadFile(path_, 1 << 20);
    if (!text.ok()) return Error::Unavailable(path_ + ": " + text.error().message);
    auto found = FindProfile(*text, profile_);
    if (!found) return Error::Unavailable(path_ + ": has no keys for the profile " + profile_);
    return std::move(*found);
  }

  Task<Result<TimedCredentials>> Fetch(Deadline) override {
    auto read = Read();
    if (!read.ok()) co_return std::move(read.error());
    TimedCredentials found;
    found.credentials = std::move(*read);
    co_return found;
  }

 private:
  const std::string path_;
  const std::string profile_;
};

}  // namespace

std::unique_ptr<CredentialsSource> MakeStaticSource(Credentials credentials) {
  return std::make_unique<StaticSource>(std::move(credentials));
}

Result<std::unique_ptr<CredentialsSource>> MakeDefaultSource(const Environment& environment) {
  const auto key_id = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  if (key_id.has_value() != secret.has_value()) {
    return Error::Unavailable("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: set both or neither");
  }
  if (key_id) {
    Credentials credentials;
    credentials.access_key_id = *key_id;
    credentials.secret_access_key = *secret;
    credentials.session_token = environment("AWS_SESSION_TOKEN").value_or("");
    return MakeStaticSource(std::move(credentials));
  }

  const auto named_file = environment("AWS_SHARED_CREDENTIALS_FILE");
  const auto named_profile = environment("AWS_PROFILE");
  const auto home = environment("HOME");
  if (named_file || home) {
    auto file =
        std::make_unique<FileSource>(named_file.value_or(home.value_or("") + "/.aws/credentials"),
                                     named_profile.value_or("default"));
    const auto read = file->Read();
    if (read.ok()) return std::unique_ptr<CredentialsSource>(std::move(file));
    // If a profile or a file was named, no other keys may be used.
    if (named_file || named_profile) return read.error();
  }

  if (environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") ||
      environment("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
    return MakeContainerSource(environment);
  }
  if (IsTrue(environment, "AWS_EC2_METADATA_DISABLED")) {
    return Error::Unavailable(
        "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE");
  }
  return MakeInstanceSource(environment);
}

}  // namespace users::aws
