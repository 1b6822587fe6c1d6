#pragma once

#include <map>
#include <string>

#include "base/program_error.h"
#include "wiring/serve_options.h"

namespace users {

// A value and its origin, which error messages name.
struct GivenValue {
  std::string value;
  std::string origin;  // "--listen" or "--config FILE: listen"
};

// The given values of the options of `usersd serve`, by the name of the option.
using GivenOptions = std::map<std::string, GivenValue>;

// Adds the members of the JSON configuration file that `given` does not have. Fails with
// kExitCannotRun if the file cannot be read or trusted, is not a JSON object, or has a member that
// is not an option or has a value of the wrong type.
ProgramStatus AddFromFile(const std::string& path, GivenOptions& given);

// Stores the given values in `options`. Fails with kExitCannotRun for an invalid value, a missing
// option, or an option that has no effect with the others.
ProgramStatus SetServeOptions(const GivenOptions& given, wiring::ServeOptions& options);

// Stores the given values of `usersd migrate`. Fails with kExitCannotRun for an invalid value or a
// missing option.
ProgramStatus SetMigrateOptions(const GivenOptions& given, wiring::ServeOptions& options);

}  // namespace users
