// Fixtures on the embedded store, unless a test program has a MakeRemoteStore of its own.
#include "property/service_fixture.h"

namespace users::testing {

std::unique_ptr<RemoteStore> MakeRemoteStore() {
  return nullptr;
}

}  // namespace users::testing
