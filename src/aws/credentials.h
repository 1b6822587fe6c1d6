#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/environment.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/task.h"

namespace users::aws {

// Credentials, and when they end.
struct TimedCredentials {
  Credentials credentials;
  std::optional<Timestamp> expires;  // none: never
};

// Where credentials come from.
class CredentialsSource {
 public:
  virtual ~CredentialsSource() = default;
  // One call at a time. An error's message is for the log and for the operator: it says what is
  // missing, and never quotes a secret.
  virtual Task<Result<TimedCredentials>> Fetch(Deadline deadline) = 0;
};

// The source that the environment tells of, as every AWS SDK looks for it; the first that is there:
//   AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
//   the profile AWS_PROFILE ("default") of the file AWS_SHARED_CREDENTIALS_FILE
//   (~/.aws/credentials);
//   the container's endpoint (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with
//   AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN);
//   the instance's metadata service, version 2, unless AWS_EC2_METADATA_DISABLED is true.
// An error is for the operator: a source that is there but cannot be used.
Result<std::unique_ptr<CredentialsSource>> MakeDefaultSource(const Environment& environment);

// The same credentials again and again.
std::unique_ptr<CredentialsSource> MakeStaticSource(Credentials credentials);

// Hands out credentials that are good now: kept until shortly before they end, then fetched anew by
// one caller at a time, while the others go on with those that there are. Thread-safe.
class CredentialsProvider {
 public:
  // `clock` and `log` outlive the io_contexts that its callers run on.
  CredentialsProvider(std::unique_ptr<CredentialsSource> source, const Clock& clock,
                      const Log& log);

  // kUnavailable if there are none, or none in time.
  Task<Result<std::shared_ptr<const Credentials>>> Get(Deadline deadline);

  // The service did not take them any more: the next Get fetches anew.
  void Refused(const std::shared_ptr<const Credentials>& credentials);

 private:
  struct State;
  static Task<void> Refresh(std::shared_ptr<State> state);

  // Shared with a refresh that is under way.
  const std::shared_ptr<State> state_;
};

}  // namespace users::aws
