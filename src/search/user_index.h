#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/async/task.h"
#include "base/result.h"
#include "base/ulid.h"

namespace users::search {

// A part of the users that an index suggests.
struct Candidates {
  std::vector<Ulid> ids;  // ascending
  // Set if there may be more: every user up to this id has been examined.
  std::optional<Ulid> examined;
};

// The port of the search index. It suggests users. The caller compares each of them with the newest
// state, because the index follows the store with a delay and may know only the first characters of
// a term. Thread-safe.
class UserIndex {
 public:
  virtual ~UserIndex() = default;

  // Suggests up to `limit` users with an id greater than `after` (nothing: from the first), for
  // words as ParseQuery returns them. Every user that has matched since before the last second is
  // among them. The work of a call is bounded, so there may be fewer users although more follow.
  // Fails with kUnavailable while the index is being built.
  virtual Task<Result<Candidates>> Find(std::vector<std::string> words, std::optional<Ulid> after,
                                        std::size_t limit) = 0;
};

}  // namespace users::search
