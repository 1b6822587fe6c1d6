#pragma once

#include <string>
#include <string_view>

namespace users {

// One word for any POSIX shell: as it is, or 'it'\''s quoted'. The result is UTF-8 even if the text
// is not: then printf makes its bytes.
std::string ShellQuoted(std::string_view text);

}  // namespace users
