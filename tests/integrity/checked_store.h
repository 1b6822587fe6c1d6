#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "maintenance/check.h"
#include "support/temporary_directory.h"

namespace users::testing {

// The result of `usersd check` on a data directory.
struct Checked {
  std::optional<std::string> error;  // the reason, if the store was not checked
  maintenance::CheckSummary summary;
  std::vector<service::Finding> findings;

  // Whether a finding has this place.
  bool Names(const std::string& place) const {
    for (const auto& finding : findings) {
      if (finding.place == place) return true;
    }
    return false;
  }
  // The findings, one per line.
  std::string text() const {
    std::string text;
    for (const auto& finding : findings) text += finding.place + ": " + finding.what + "\n";
    return text;
  }
};

inline Checked Check(const std::string& data_directory,
                     const std::vector<std::string>& event_files = {}) {
  Checked checked;
  maintenance::CheckRequest request;
  request.data_directory = data_directory;
  request.event_files = event_files;
  const auto summary = maintenance::CheckData(
      request, [&](const service::Finding& finding) { checked.findings.push_back(finding); },
      [](const maintenance::CheckSummary&) { return true; });
  if (summary.ok()) {
    checked.summary = *summary;
  } else {
    checked.error = summary.error().message;
  }
  return checked;
}

// A copy of a stopped store. The destructor deletes it.
class StoreCopy {
 public:
  explicit StoreCopy(const std::string& data_directory) {
    std::filesystem::copy(data_directory, path(), std::filesystem::copy_options::recursive);
  }
  std::string path() const { return directory_ / "data"; }

 private:
  TemporaryDirectory directory_;
};

// The number of items in the large store. USERS_CHECK_ITEMS sets it; fewer items make a quick test.
inline std::size_t ItemsOfLargeStore() {
  const char* text = std::getenv("USERS_CHECK_ITEMS");
  return text == nullptr ? 100'000 : std::strtoull(text, nullptr, 10);
}

}  // namespace users::testing
