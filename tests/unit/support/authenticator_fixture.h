#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "server/authenticator.h"
#include "support/files.h"
#include "support/memory_sink.h"
#include "support/signer.h"
#include "support/temporary_directory.h"

namespace users::testing {

inline constexpr std::string_view kClerk = "arn:aws:iam::123456789012:user/clerk";

// A file with the clerk and one access key for each state of a key.
inline std::string PrincipalsFile(std::string_view secret = kSecret) {
  const std::string secret_member = R"("secretAccessKey":")" + std::string(secret) + "\"";
  return R"({"version":1,"principals":[{"arn":")" + std::string(kClerk) +
         R"(","accessKeys":[{"accessKeyId":"AKIAIOSFODNN7EXAMPLE",)" + secret_member +
         R"(},{"accessKeyId":"AKIAINACTIVE7EXAMPLE",)" + secret_member +
         R"(,"status":"Inactive"},)" + R"({"accessKeyId":"AKIAEXPIRING7EXAMPLE",)" + secret_member +
         R"(,"expiresAt":"2026-11-22T21:09:36.500Z","status":"Active"},)" +
         R"({"accessKeyId":"ASIAWITHTOKENEXAMPLE",)" + secret_member +
         R"(,"sessionToken":"session/token=="}],"policy":{"Version":"2012-10-17","Statement":)" +
         R"({"Effect":"Allow","Action":"*","Resource":"*"}}}]})";
}

// An authenticator for us-east-1 whose clock is set to 2026-11-22T21:09:35Z.
class AuthenticatorTest : public ::testing::Test {
 protected:
  AuthenticatorTest() {
    WriteAll(path_, PrincipalsFile());
    auto store = server::PrincipalStore::Open(path_, log_);
    if (store.ok()) store_ = std::move(*store);
    authenticator_ = std::make_unique<server::Authenticator>(*store_, "us-east-1");
  }

  Result<server::Identity> Authenticate(const SignableRequest& request) {
    rejection_ = server::Rejection();
    return authenticator_->Authenticate(request.Head(), request.body, now_, rejection_);
  }

  void ExpectAccepted(const SignableRequest& request, const std::string& name) {
    const auto identity = Authenticate(request);
    EXPECT_TRUE(identity.ok()) << name << ": " << (identity.ok() ? "" : identity.error().message);
  }

  // Expects rejection with 401 and a message without secrets. Returns the message.
  std::string ExpectRejected(const SignableRequest& request, const std::string& name) {
    const auto identity = Authenticate(request);
    EXPECT_FALSE(identity.ok()) << name;
    if (identity.ok()) return "";
    EXPECT_EQ(identity.error().code, ErrorCode::kAuthentication) << name;
    const std::string& message = identity.error().message;
    EXPECT_FALSE(message.empty()) << name;
    EXPECT_NE(rejection_.reason, server::RejectionReason::kNone) << name;
    EXPECT_EQ(identity.error().fields.empty(),
              rejection_.reason != server::RejectionReason::kMismatch)
        << name;
    std::string shown = message;
    for (const FieldError& detail : identity.error().fields) shown += "\n" + detail.message;
    for (const std::string& secret : {std::string(kSecret), std::string("session/token==")}) {
      EXPECT_EQ(shown.find(secret), std::string::npos) << name;
    }
    // 64 hexadecimal digits would be a signature or a hash, perhaps ours.
    std::size_t run = 0;
    for (const char c : message) {
      run = HexDigitValue(c) >= 0 ? run + 1 : 0;
      EXPECT_LT(run, 32U) << name << ": " << message;
    }
    return message;
  }

  testing::TemporaryDirectory directory_;
  const std::string path_ = directory_ / "principals.json";
  const SystemClock clock_;
  users::testing::MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kDebug};
  std::unique_ptr<server::PrincipalStore> store_;
  std::unique_ptr<server::Authenticator> authenticator_;
  server::Rejection rejection_;  // of the last call; its key id is a view that is gone
  Timestamp now_ = *ParseTimestamp("2026-11-22T21:09:35Z");
};

}  // namespace users::testing
