#pragma once

#include <filesystem>
#include <string>

#include "support/temporary_directory.h"

namespace users::testing {

// A copy of a data directory in tests/data, which an earlier version of the program wrote. The
// destructor deletes it.
class DataCopy {
 public:
  explicit DataCopy(const std::string& name) {
    namespace fs = std::filesystem;
    fs::copy(TEST_DATA_DIR "/" + name, path_, fs::copy_options::recursive);
    // Git keeps no modes, and a store must be private.
    fs::permissions(path_, fs::perms::owner_all);
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      fs::permissions(entry.path(), entry.is_directory()
                                        ? fs::perms::owner_all
                                        : fs::perms::owner_read | fs::perms::owner_write);
    }
  }

  const std::string& path() const { return path_; }

 private:
  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "data";
};

}  // namespace users::testing
