#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/text/text.h"
#include "domain/handle.h"
#include "domain/user.h"

namespace users::testing {

// The contract as the simplest possible program: one map, one operation after another, no storage.
// The service must give the same responses. Not thread-safe.
class Model {
 public:
  struct Outcome {
    std::string response;  // on success: Render's text of the user
    std::string error;     // otherwise: "NOT_FOUND", "CONFLICT EMAIL_IN_USE", ...
    bool replayed = false;
    bool operator==(const Outcome&) const = default;
  };

  struct Write {
    std::string owner;  // of the idempotency key
    std::string operation;
    std::string target;  // empty for a registration
    std::optional<std::string> key;
    std::optional<std::uint64_t> if_match;
    std::string request;  // equal exactly for identical requests
  };

  // Renders a user without identity and times, which the model cannot know.
  static std::string Render(const domain::User& user) {
    std::string text = user.email + "|" + user.name + "|" + std::string(NameOf(user.status)) + "|";
    for (const std::string& role : user.roles) text += role + ",";
    text += "|";
    for (const auto& [key, value] : user.metadata) text += key + "=" + value + ",";
    text += "|" + user.external_id.value_or("-") + "|" + user.user_name.value_or("-");
    return text + "|" + std::to_string(user.version);
  }

  // `id` is the id that the service assigned, empty if it rejected the request.
  Outcome Register(const Write& write, const domain::User& user, const std::string& id,
                   Timestamp now) {
    if (auto replay = Replay(write, now)) return *replay;
    if (const std::string conflict = ConflictOf(user); !conflict.empty()) return Rejected(conflict);
    domain::User created = user;
    created.user_id = id;
    users_[id] = created;
    order_.push_back(id);
    return Remember(write, created, now);
  }

  // Changes a user. `apply` changes its argument and returns the error, "" if there is none.
  template <class Apply>
  Outcome Change(const Write& write, bool sees_deleted, Timestamp now, Apply apply) {
    if (auto replay = Replay(write, now)) return *replay;
    const auto found = users_.find(write.target);
    const bool deleted =
        found != users_.end() && found->second.status == domain::UserStatus::kDeleted;
    if (found == users_.end() || (deleted && !sees_deleted)) return Rejected("NOT_FOUND");
    domain::User& user = found->second;
    if (write.if_match && *write.if_match != user.version) return Rejected("PRECONDITION_FAILED");
    domain::User changed = user;
    const std::string error = apply(changed);
    if (!error.empty()) return Rejected(error);
    if (const std::string conflict = ConflictOf(changed); !conflict.empty()) {
      return Rejected(conflict);
    }
    if (Render(changed) == Render(user)) return Outcome{Render(user), "", false};
    ++changed.version;
    user = changed;
    return Remember(write, user, now);
  }

  // Returns the id of the user that has the handle and is not deleted.
  std::optional<std::string> OwnerOf(domain::HandleKind kind, const std::string& handle) const {
    for (const auto& [id, user] : users_) {
      const std::string* has = HandleOf(user, kind);
      if (user.status == domain::UserStatus::kDeleted || has == nullptr) continue;
      const bool is_same = kind == domain::HandleKind::kExternalId
                               ? *has == handle
                               : EqualIgnoringAsciiCase(*has, handle);
      if (is_same) return id;
    }
    return std::nullopt;
  }

  // Returns the ids of a list, in its order.
  std::vector<std::string> Listed(std::optional<domain::UserStatus> status,
                                  const std::optional<std::string>& role = std::nullopt) const {
    std::vector<std::string> ids;
    for (const std::string& id : order_) {
      const domain::User& user = users_.at(id);
      const bool is_wanted =
          status ? user.status == *status : user.status != domain::UserStatus::kDeleted;
      const bool holds =
          !role || std::find(user.roles.begin(), user.roles.end(), *role) != user.roles.end();
      if (is_wanted && holds) ids.push_back(id);
    }
    return ids;
  }

  const std::map<std::string, domain::User>& users() const { return users_; }
  const std::vector<std::string>& order() const { return order_; }

 private:
  struct Remembered {
    std::string request;
    std::string response;
    Timestamp until;
  };
  using KeyOf = std::tuple<std::string, std::string, std::string, std::string>;

  static Outcome Rejected(std::string error) { return Outcome{"", std::move(error), false}; }

  // Returns the error if another user has one of the user's handles.
  std::string ConflictOf(const domain::User& user) const {
    if (user.status == domain::UserStatus::kDeleted) return "";
    constexpr std::pair<domain::HandleKind, const char*> kReasons[] = {
        {domain::HandleKind::kEmail, "CONFLICT EMAIL_IN_USE"},
        {domain::HandleKind::kExternalId, "CONFLICT EXTERNAL_ID_IN_USE"},
        {domain::HandleKind::kUserName, "CONFLICT USER_NAME_IN_USE"}};
    for (const auto& [kind, reason] : kReasons) {
      const std::string* has = HandleOf(user, kind);
      const auto owner = has != nullptr ? OwnerOf(kind, *has) : std::nullopt;
      if (owner && *owner != user.user_id) return reason;
    }
    return "";
  }

  std::optional<Outcome> Replay(const Write& write, Timestamp now) const {
    if (!write.key) return std::nullopt;
    const auto found = remembered_.find({write.owner, write.operation, write.target, *write.key});
    if (found == remembered_.end() || found->second.until <= now) return std::nullopt;
    if (found->second.request != write.request) return Rejected("CONFLICT IDEMPOTENCY_KEY_REUSED");
    return Outcome{found->second.response, "", true};
  }

  Outcome Remember(const Write& write, const domain::User& user, Timestamp now) {
    if (write.key) {
      remembered_[{write.owner, write.operation, write.target, *write.key}] =
          Remembered{write.request, Render(user), now + std::chrono::hours(24)};
    }
    return Outcome{Render(user), "", false};
  }

  std::map<std::string, domain::User> users_;
  std::vector<std::string> order_;
  std::map<KeyOf, Remembered> remembered_;
};

}  // namespace users::testing
