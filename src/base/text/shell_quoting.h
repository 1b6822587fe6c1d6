#pragma once

#include <string>
#include <string_view>

namespace users {

// Returns the text as one word for any POSIX shell: as it is, or 'it'\''s quoted'. The result is
// always UTF-8; a text that is not becomes a printf command that prints its bytes.
std::string ShellQuoted(std::string_view text);

}  // namespace users
