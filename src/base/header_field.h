#pragma once

#include <string_view>

namespace users {

// One HTTP header line. The views point into the buffer that holds the message.
struct HeaderField {
  std::string_view name;   // as sent, any letter case
  std::string_view value;  // without the white space around it
};

}  // namespace users
