// Fixtures on the embedded store, for test programs without a MakeRemoteStore of their own.
#include "support/service_fixture.h"

namespace users::testing {

std::unique_ptr<RemoteStore> MakeRemoteStore() {
  return nullptr;
}

}  // namespace users::testing
