#pragma once

#include <string>

#include "property/random_call.h"
#include "support/run_task.h"
#include "support/service_fixture.h"

namespace users::testing {

// Registers a user with this address and returns its id.
inline std::string MakeUser(ServiceFixture& fixture, const std::string& email) {
  RandomCall call;
  call.email = email;
  call.name = "Seed";
  return RunTask(Perform(fixture.users(), call, "seed"))->response.location;
}

}  // namespace users::testing
