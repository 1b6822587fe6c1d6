#pragma once

#include "service/integrity.h"

namespace users::api {

// Reads the answers that the write operations render and the store remembers.
service::StoredResponseReader MakeStoredResponseReader();

}  // namespace users::api
