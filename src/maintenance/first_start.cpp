#include "maintenance/first_start.h"

#include <filesystem>

#include "base/files.h"
#include "base/json/json.h"
#include "base/random.h"
#include "base/sha256.h"
#include "base/text/text.h"

namespace users::maintenance {
namespace {

constexpr mode_t kPrivate = 0600;
constexpr std::string_view kAdministrator = "arn:aws:iam::000000000000:user/administrator";

// AKIA and 16 characters of base 32, like AWS's own ids.
std::string NewAccessKeyId() {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string id = "AKIA";
  for (const std::uint8_t byte : RandomBytes<16>()) id.push_back(kAlphabet[byte & 31]);
  return id;
}

// 240 random bits in 40 characters that never need quoting.
std::string NewSecret() {
  return EncodeBase64Url(AsText(RandomBytes<30>()));
}

std::string PrincipalsJson(const std::string& key_id, const std::string& secret) {
  std::string out = R"({
  "version": 1,
  "principals": [
    {
      "arn": )";
  json::AppendString(out, kAdministrator);
  out += R"(,
      "accessKeys": [{"accessKeyId": )";
  json::AppendString(out, key_id);
  out += R"(, "secretAccessKey": )";
  json::AppendString(out, secret);
  out += R"(}],
      "policy": {
        "Version": "2012-10-17",
        "Statement": [
          {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/*/*"}
        ]
      }
    }
  ]
}
)";
  return out;
}

}  // namespace

Result<bool> MakeAdministrator(const std::string& data_directory, std::string_view region) {
  const std::string principals_path = data_directory + "/principals.json";
  // A dangling link counts as existing: it must not cause a new administrator.
  std::error_code error;
  const auto there = std::filesystem::symlink_status(principals_path, error);
  if (there.type() != std::filesystem::file_type::not_found) return false;

  const std::string key_id = NewAccessKeyId();
  const std::string secret = NewSecret();
  const std::string credentials =
      "[default]\naws_access_key_id = " + key_id + "\naws_secret_access_key = " + secret + "\n";
  const std::string curlrc =
      "# curl -K this-file URL\naws-sigv4 = \"aws:amz:" + std::string(region) +
      ":execute-api\"\nuser = \"" + key_id + ":" + secret +
      "\"\nheader = \"Content-Type: application/json\"\n";
  // Write the principals last. If they exist, all files exist.
  const std::pair<std::string, std::string> files[] = {
      {data_directory + "/credentials", credentials},
      {data_directory + "/curlrc", curlrc},
      {principals_path, PrincipalsJson(key_id, secret)},
  };
  for (const auto& [path, content] : files) {
    if (auto written = WriteFileAtomically(path, content, kPrivate); !written.ok()) {
      return Error::Unavailable("cannot be written (" + path + ": " + written.error().message +
                                ")");
    }
  }
  return true;
}

}  // namespace users::maintenance
