#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "wiring/serve_options.h"

namespace users {

// One option of `usersd serve`. The configuration file has a member with the same name.
struct ServeOption {
  // Stores the value in the options. Returns what the value must be if it is invalid.
  using Setter =
      std::function<std::optional<std::string>(wiring::ServeOptions&, const std::string& value)>;

  std::string name;
  std::string placeholder;  // empty: a flag
  std::string help;
  Setter set;
  bool is_list = false;  // may be given more than once; the values are joined by commas
};

// Returns all options of `usersd serve` except --config, in the order of the help text. Thread-safe.
const std::vector<ServeOption>& ServeOptionTable();

}  // namespace users
