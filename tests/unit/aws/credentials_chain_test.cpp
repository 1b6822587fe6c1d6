// The order of the credential sources, and the sources that need no network.
#include <gtest/gtest.h>

#include <fstream>

#include "aws/credentials.h"
#include "aws/shared_credentials.h"
#include "support/fake_environment.h"
#include "support/run_task.h"
#include "support/temporary_directory.h"

namespace users::aws {
namespace {

using testing::FakeEnvironment;
using testing::TemporaryDirectory;

// Returns the credentials that the environment yields as "key/secret/token", or the error.
std::string KeyOf(const Environment& environment) {
  auto source = MakeDefaultSource(environment);
  if (!source.ok()) return "error: " + source.error().message;
  const auto fetched = RunTask((*source)->Fetch(DeadlineIn(std::chrono::seconds(60))));
  if (!fetched.ok()) return "error: " + fetched.error().message;
  return fetched->credentials.access_key_id + "/" + fetched->credentials.secret_access_key + "/" +
         fetched->credentials.session_token;
}

TEST(FindProfile, ReadsOnlyTheNamedProfile) {
  constexpr std::string_view kText =
      "# comment\n[default]\naws_access_key_id = A1\r\naws_secret_access_key=S=1/+\n\n"
      "[ work ]\n  AWS_ACCESS_KEY_ID = A2\naws_secret_access_key = S2\n; x\naws_session_token = "
      "T2\n"
      "region = eu-central-1\n[half]\naws_access_key_id = A3\n[broken\naws_access_key_id = A4\n";
  const auto standard = FindProfile(kText, "default");
  ASSERT_TRUE(standard);
  EXPECT_EQ(standard->access_key_id, "A1");
  EXPECT_EQ(standard->secret_access_key, "S=1/+");
  EXPECT_EQ(standard->session_token, "");
  const auto work = FindProfile(kText, "work");
  ASSERT_TRUE(work);
  EXPECT_EQ(work->access_key_id, "A2");
  EXPECT_EQ(work->session_token, "T2");
  for (const char* none : {"half", "broken", "", "WORK", "other"}) {
    EXPECT_FALSE(FindProfile(kText, none)) << none;
  }
  EXPECT_FALSE(FindProfile("", "default"));
  EXPECT_FALSE(FindProfile(std::string("\0[default]\n=\n[]\n]", 17), "default"));
}

TEST(DefaultSource, PrefersEnvironmentVariables) {
  EXPECT_EQ(KeyOf(FakeEnvironment({{"AWS_ACCESS_KEY_ID", "A"},
                                   {"AWS_SECRET_ACCESS_KEY", "S"},
                                   {"AWS_SESSION_TOKEN", "T"},
                                   {"AWS_PROFILE", "none"}})),
            "A/S/T");
  EXPECT_EQ(KeyOf(FakeEnvironment({{"AWS_ACCESS_KEY_ID", "A"}})).find("error: AWS_ACCESS_KEY_ID"),
            0U);
}

TEST(DefaultSource, FallsBackToTheSharedFile) {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / ".aws");
  std::ofstream(directory / ".aws/credentials")
      << "[default]\naws_access_key_id=A\naws_secret_access_key=S\n"
         "[two]\naws_access_key_id=B\naws_secret_access_key=R\naws_session_token=T\n";
  const std::string home = directory.path();
  EXPECT_EQ(KeyOf(FakeEnvironment({{"HOME", home}})), "A/S/");
  EXPECT_EQ(KeyOf(FakeEnvironment({{"HOME", home}, {"AWS_PROFILE", "two"}})), "B/R/T");
  EXPECT_EQ(KeyOf(FakeEnvironment({{"AWS_SHARED_CREDENTIALS_FILE", home + "/.aws/credentials"}})),
            "A/S/");
  const std::string no_profile = KeyOf(FakeEnvironment({{"HOME", home}, {"AWS_PROFILE", "x"}}));
  EXPECT_NE(no_profile.find("has no keys for the profile x"), std::string::npos) << no_profile;
  EXPECT_EQ(KeyOf(FakeEnvironment({{"AWS_SHARED_CREDENTIALS_FILE", home + "/no"}})).find("error: "),
            0U);
}

TEST(DefaultSource, NamesTheVariablesToSetIfNothingIsFound) {
  const std::string none =
      KeyOf(FakeEnvironment({{"AWS_EC2_METADATA_DISABLED", "true"}, {"HOME", "/no/such/home"}}));
  EXPECT_NE(none.find("set AWS_ACCESS_KEY_ID"), std::string::npos) << none;
}

}  // namespace
}  // namespace users::aws
