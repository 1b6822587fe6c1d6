#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/environment.h"
#include "aws/sigv4.h"
#include "base/async/task.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"

namespace users::aws {

// Credentials and their expiry.
struct TimedCredentials {
  Credentials credentials;
  std::optional<Timestamp> expires;  // none: never
};

// A source of credentials.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  // Fetches credentials. Only one call may run at a time. Fails with kUnavailable. The message is
  // for the log and the operator: it says what is missing and never quotes a secret.
  virtual Task<Result<TimedCredentials>> Fetch(Deadline deadline) = 0;
};

// Returns the source that the environment configures, as every AWS SDK finds it. The first that
// exists is used:
//   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
//   the profile AWS_PROFILE ("default") of the file AWS_SHARED_CREDENTIALS_FILE
//   (~/.aws/credentials);
//   the container's endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with
//   AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN);
//   the instance's metadata service, version 2, unless AWS_EC2_METADATA_DISABLED is true.
// Fails with kUnavailable, and a message for the operator, if a source exists but cannot be used.
Result<std::unique_ptr<CredentialsSource>> MakeDefaultSource(const Environment& environment);

// Returns a source that always returns the same credentials.
std::unique_ptr<CredentialsSource> MakeStaticSource(Credentials credentials);

// Provides credentials that are valid now. It caches them until shortly before they expire. Then
// one caller at a time fetches new ones, while the others continue with the old ones. Thread-safe.
class CredentialsProvider {
 public:
  // `clock` and `log` must outlive the io_contexts that the callers run on.
  CredentialsProvider(std::unique_ptr<CredentialsSource> source, const Clock& clock,
                      const Log& log);

  // Returns credentials. Fails with kUnavailable if there are none, or none before the deadline.
  Task<Result<std::shared_ptr<const Credentials>>> Get(Deadline deadline);

  // Call when the service has rejected the credentials. The next Get fetches new ones.
  void Rejected(const std::shared_ptr<const Credentials>& credentials);

 private:
  struct State;
  static Task<void> Refresh(std::shared_ptr<State> state);

  // Shared with a refresh that is in progress.
  const std::shared_ptr<State> state_;
};

}  // namespace users::aws
