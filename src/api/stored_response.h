#pragma once

#include "service/integrity.h"

namespace users::api {

// Returns the functions that read the stored responses of the write operations.
service::StoredResponseReader MakeStoredResponseReader();

}  // namespace users::api
