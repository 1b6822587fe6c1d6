#pragma once

namespace users::wiring {

// Runs the relay from the users table's stream to the event bus EVENT_BUS_NAME as a function of AWS
// Lambda. Returns the process's exit code.
int RunRelay();

}  // namespace users::wiring
