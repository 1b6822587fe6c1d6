#include "base/text/shell_quoting.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "base/text/text.h"

namespace users {
namespace {

// The word as /bin/sh reads it.
std::string AsAShellReadsIt(const std::string& word) {
  FILE* const pipe = ::popen(("printf %s " + word).c_str(), "r");
  std::string read;
  std::array<char, 256> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    read.append(buffer.data(), got);
  }
  ::pclose(pipe);
  return read;
}

TEST(ShellQuoted, QuotesAnyPathAsOneWord) {
  for (const std::string text :
       {"/plain/path-1.2_+=@:x", "", " ", "it's", "a b", "$HOME `x` \\ \" * ? ~", "/\xC3\xA4",
        "/data/\xFF", "/\xFF/100%/\\n/it's/$HOME/\xFE\x80", "\xC3/with\nline", "-n\xFF"}) {
    const std::string quoted = ShellQuoted(text);
    EXPECT_TRUE(IsValidUtf8(quoted)) << quoted;
    EXPECT_EQ(AsAShellReadsIt(quoted), text) << quoted;
  }
  EXPECT_EQ(ShellQuoted("/plain"), "/plain");
  EXPECT_EQ(ShellQuoted("it's"), "'it'\\''s'");
}

}  // namespace
}  // namespace users
