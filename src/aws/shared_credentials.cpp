#include "aws/shared_credentials.h"

#include "base/text/text.h"

namespace users::aws {
namespace {

std::string_view Trimmed(std::string_view text) {
  return TrimIf(text, [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
}

}  // namespace

std::optional<Credentials> FindProfile(std::string_view text, std::string_view profile) {
  Credentials found;
  bool in_profile = false;
  for (const std::string_view raw : Split(text, '\n')) {
    const std::string_view line = Trimmed(raw);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      const std::size_t end = line.find(']');
      in_profile = end != line.npos && Trimmed(line.substr(1, end - 1)) == profile;
      continue;
    }
    const std::size_t equals = line.find('=');
    if (!in_profile || equals == line.npos) continue;
    const std::string name = LowerAscii(Trimmed(line.substr(0, equals)));
    const std::string_view value = Trimmed(line.substr(equals + 1));
    if (name == "aws_access_key_id") found.access_key_id = value;
    if (name == "aws_secret_access_key") found.secret_access_key = value;
    if (name == "aws_session_token") found.session_token = value;
  }
  if (found.access_key_id.empty() || found.secret_access_key.empty()) return std::nullopt;
  return found;
}

}  // namespace users::aws
