#include "load/workload.h"

#include <algorithm>
#include <vector>

#include "api/operation.h"
#include "base/files.h"
#include "base/text/text.h"
#include "base/ulid.h"
#include "load/popularity.h"
#include "service/page_token.h"
#include "support/people.h"

namespace users::bench {
namespace {

constexpr std::uint64_t kLookWhollyAtEvery = 64;
constexpr std::string_view kUserPrefix = "{\"userId\":\"";
constexpr std::size_t kMaxUsersFileBytes = std::size_t{4} << 30;

// The ids of the existing users.
class UserIds {
 public:
  explicit UserIds(std::string ids) : ids_(std::move(ids)) {}
  std::uint64_t size() const { return ids_.size() / Ulid::kTextSize; }
  std::string_view at(std::uint64_t index) const {
    return std::string_view(ids_).substr(index * Ulid::kTextSize, Ulid::kTextSize);
  }

 private:
  const std::string ids_;
};

bool LooksWhole(std::string_view body) {
  return body.ends_with('}') && body.find("\"version\":") != body.npos;
}

bool IsWholePage(std::uint64_t number, int status, std::string_view body, std::uint64_t limit) {
  if (status != 200 || !body.starts_with("{\"users\":[{\"userId\":\"")) return false;
  if (number % kLookWhollyAtEvery != 0) return true;
  std::uint64_t users = 0;
  for (std::size_t at = body.find("\"userId\":"); at != body.npos;
       at = body.find("\"userId\":", at + 1)) {
    ++users;
  }
  return users == limit && body.ends_with('}');
}

class GetUsers final : public Workload {
 public:
  GetUsers(UserIds ids, const WorkloadOptions& options)
      : ids_(std::move(ids)), popularity_(ids_.size(), options.zipf, options.seed) {}

  Call Next(std::uint64_t) override {
    Call call;
    call.method = "GET";
    call.path = std::string(kPath).append(ids_.at(popularity_.Next()));
    return call;
  }

  bool Accepts(std::string_view request, std::uint64_t number, int status,
               std::string_view body) const override {
    const std::string_view id = request.substr(4 + kPath.size(), Ulid::kTextSize);
    return status == 200 && body.starts_with(kUserPrefix) &&
           body.substr(kUserPrefix.size(), id.size()) == id &&
           (number % kLookWhollyAtEvery != 0 || LooksWhole(body));
  }

 private:
  static constexpr std::string_view kPath = "/users/";
  const UserIds ids_;
  Popularity popularity_;
};

class ListUsers final : public Workload {
 public:
  ListUsers(UserIds ids, const WorkloadOptions& options)
      : ids_(std::move(ids)),
        page_(options.page),
        limit_(options.limit),
        filter_(options.filter),
        scope_(ScopeOf(options.filter)),
        // The last pages of a filtered list would be short.
        pages_(ids_.size() / options.limit / (options.filter.empty() ? 1 : 2), 0, options.seed) {}

  Call Next(std::uint64_t) override {
    const std::uint64_t page = page_ > 0 ? page_ - 1 : pages_.Next();
    Call call;
    call.method = "GET";
    call.path = "/users";
    call.query = "limit=" + std::to_string(limit_);
    if (page > 0) {
      const std::string_view last = ids_.at(page * limit_ - 1);
      call.query += "&nextToken=";
      AppendPercentEncoded(call.query, service::EncodePageToken(last, scope_), false);
    }
    if (!filter_.empty()) call.query += "&" + filter_;
    return call;
  }

  bool Accepts(std::string_view, std::uint64_t number, int status,
               std::string_view body) const override {
    return IsWholePage(number, status, body, limit_);
  }

 private:
  // The scope of the list's tokens (api/users_list_query.cpp).
  static std::string ScopeOf(std::string_view filter) {
    constexpr std::string_view kName = NameOf(api::Operation::kUsersListQuery);
    const std::string_view value = filter.substr(std::min(filter.size(), filter.find('=') + 1));
    if (filter.starts_with("role=")) return service::PageScope({kName, "", "", "", value});
    return service::PageScope({kName, value});
  }

  const UserIds ids_;
  const std::uint64_t page_;
  const std::uint64_t limit_;
  const std::string filter_;
  const std::string scope_;
  Popularity pages_;
};

// Finds the people of one given and one family name, of whom there are as many in each page's part of
// the directory. A page is as long as that of a list.
class SearchUsers final : public Workload {
 public:
  SearchUsers(UserIds ids, const WorkloadOptions& options)
      : ids_(std::move(ids)), limit_(options.limit), places_(ids_.size() / 2, 0, options.seed) {}

  Call Next(std::uint64_t number) override {
    const std::string name = PersonAt("", number).name;
    const std::string given = name.substr(0, 3);
    const std::string family = name.substr(name.find(' ') + 1, 5);
    Call call;
    call.method = "GET";
    call.path = "/users/search";
    call.query = "limit=" + std::to_string(limit_) + "&nextToken=";
    const std::string scope =
        service::PageScope({NameOf(api::Operation::kUsersSearch), given + " " + family, "", ""});
    const std::string_view last = ids_.at(places_.Next());
    AppendPercentEncoded(call.query, service::EncodePageToken(last, scope), false);
    call.query += "&q=" + given + "%20" + family;
    return call;
  }

  bool Accepts(std::string_view, std::uint64_t number, int status,
               std::string_view body) const override {
    return IsWholePage(number, status, body, limit_);
  }

 private:
  const UserIds ids_;
  const std::uint64_t limit_;
  Popularity places_;  // in the first half, so that every page is full
};

class CreateUsers final : public Workload {
 public:
  explicit CreateUsers(const WorkloadOptions& options) : run_(options.run) {}

  Call Next(std::uint64_t number) override {
    Call call;
    call.method = "POST";
    call.path = "/users";
    call.body = RegistrationBody(run_, number);
    return call;
  }

  bool Accepts(std::string_view, std::uint64_t number, int status,
               std::string_view body) const override {
    if (status != 201 || !body.starts_with(kUserPrefix)) return false;
    return number % kLookWhollyAtEvery != 0 ||
           (LooksWhole(body) && body.find(PersonAt(run_, number).email) != body.npos);
  }

 private:
  const std::string run_;
};

// The requests of another workload, for a server that gives the same response to all.
class FixedResponse final : public Workload {
 public:
  FixedResponse(std::unique_ptr<Workload> requests, std::size_t bytes)
      : requests_(std::move(requests)), bytes_(bytes) {}

  Call Next(std::uint64_t number) override { return requests_->Next(number); }
  bool Accepts(std::string_view, std::uint64_t, int status, std::string_view body) const override {
    return status == 200 && body.size() == bytes_;
  }

 private:
  const std::unique_ptr<Workload> requests_;
  const std::size_t bytes_;
};

std::unique_ptr<Workload> MakeRequests(const WorkloadOptions& options, std::string& why) {
  if (options.name == "create") return std::make_unique<CreateUsers>(options);
  auto ids = ReadFile(options.users_file, kMaxUsersFileBytes);
  if (!ids.ok()) {
    why = "--users-file " + options.users_file + ": " + ids.error().message;
    return nullptr;
  }
  UserIds user_ids(std::move(*ids));
  if (options.name == "get" && user_ids.size() > 1) {
    return std::make_unique<GetUsers>(std::move(user_ids), options);
  }
  const std::uint64_t pages = user_ids.size() / options.limit;
  if (options.name == "list" && pages >= std::max<std::uint64_t>(1, options.page)) {
    return std::make_unique<ListUsers>(std::move(user_ids), options);
  }
  // Of 64 users in a row, one has a certain given and family name.
  if (options.name == "search" && user_ids.size() / 2 > 64 * options.limit) {
    return std::make_unique<SearchUsers>(std::move(user_ids), options);
  }
  why = "there are too few users, or no workload " + options.name;
  return nullptr;
}

}  // namespace

std::unique_ptr<Workload> MakeWorkload(const WorkloadOptions& options, std::string& why) {
  auto workload = MakeRequests(options, why);
  if (workload == nullptr || options.expected_bytes < 0) return workload;
  return std::make_unique<FixedResponse>(std::move(workload),
                                         static_cast<std::size_t>(options.expected_bytes));
}

}  // namespace users::bench
