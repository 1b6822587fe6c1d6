#pragma once

#include <string_view>

namespace users {

// One header line of HTTP. Views into whatever holds the message.
struct HeaderField {
  std::string_view name;   // as sent, any letter case
  std::string_view value;  // without the white space around it
};

}  // namespace users
