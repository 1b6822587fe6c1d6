#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "property/calls.h"
#include "search/local/local_index.h"
#include "search/terms.h"
#include "support/run_task.h"
#include "support/service_fixture.h"
#include "support/temporary_directory.h"
#include "support/wait_until.h"

namespace users::testing {

// A search index beside the store of a ServiceFixture, and a service that searches in it. Not
// thread-safe.
class SearchFixture {
 public:
  // `env` is the disk of the index, or null for the system's. Both must outlive this.
  explicit SearchFixture(ServiceFixture& fixture, std::uint32_t list_shards = 1,
                         rocksdb::Env* env = nullptr)
      : fixture_(fixture), list_shards_(list_shards), env_(env) {}

  std::string directory() const { return directory_ / "search"; }

  // Opens the index. Returns at once.
  void Start() {
    search::local::IndexDatabaseOptions options;
    options.directory = directory();
    options.env = env_;
    index_.emplace(fixture_.store(), fixture_.store(), list_shards_, options, fixture_.log());
    index_->Start(std::chrono::milliseconds(0));
    service::UserServiceOptions service_options;
    service_options.list_shards = list_shards_;
    service_options.index = &*index_;
    users_.emplace(fixture_.store(), roles_, user_ids_, fixture_.clock(), fixture_.log(),
                   service_options);
  }
  void Stop() {
    users_.reset();
    index_.reset();
  }

  search::local::LocalIndex& index() { return *index_; }

  // Waits until the index has every committed change. Returns false after a time that no healthy run
  // needs.
  bool WaitUntilCurrent() {
    return WaitUntil([&] { return index_->statistics().ready && index_->lag() == 0; });
  }

  // Returns one page of a search.
  Result<service::ListPage> Search(const std::string& text, std::size_t limit = 100,
                                   const std::string& after = "") {
    service::SearchQuery query;
    query.words = *search::ParseQuery(text);
    query.whole = text;
    query.limit = limit;
    query.after = after;
    return RunTask(users_->SearchUsers(ReadContext(), query));
  }

  // Returns the ids of all pages, or the message of an error.
  std::vector<std::string> SearchAll(const std::string& text, std::size_t limit = 100) {
    std::vector<std::string> ids;
    std::optional<std::string> after = "";
    while (after) {
      const auto page = Search(text, limit, *after);
      if (!page.ok()) return {page.error().message};
      for (const auto& user : page->users) ids.push_back(user.user_id);
      after = page->continue_after;
    }
    return ids;
  }

  // Does the same without the index: compares every user.
  std::vector<std::string> Compare(const std::string& text) {
    const auto words = *search::ParseQuery(text);
    std::vector<std::string> ids;
    service::ListQuery query;
    while (true) {
      const auto page = RunTask(users_->ListUsers(ReadContext(), query));
      if (!page.ok()) return {page.error().message};
      for (const auto& user : page->users) {
        const bool matches = user.user_id == text || user.external_id == text ||
                             search::Matches(words, search::TermsOf(user));
        if (matches) ids.push_back(user.user_id);
      }
      if (!page->continue_after) return ids;
      query.after = *page->continue_after;
    }
  }

 private:
  ServiceFixture& fixture_;
  const std::uint32_t list_shards_;
  rocksdb::Env* const env_;
  TemporaryDirectory directory_;
  const domain::RoleCatalogue roles_ =
      std::move(*domain::RoleCatalogue::Parse(domain::DefaultRoleCatalogue()));
  UlidGenerator user_ids_{fixture_.clock()};
  std::optional<search::local::LocalIndex> index_;
  std::optional<service::UserService> users_;
};

}  // namespace users::testing
