#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/text/text.h"
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
    return text + "|" + std::to_string(user.version);
  }

  // `id` is the id that the service assigned, empty if it rejected the request.
  Outcome Register(const Write& write, const domain::User& user, const std::string& id,
                   Timestamp now) {
    if (auto replay = Replay(write, now)) return *replay;
    if (OwnerOf(user.email)) return Rejected("CONFLICT EMAIL_IN_USE");
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
    const auto owner = OwnerOf(changed.email);
    if (changed.status != domain::UserStatus::kDeleted && owner && *owner != user.user_id) {
      return Rejected("CONFLICT EMAIL_IN_USE");
    }
    if (Render(changed) == Render(user)) return Outcome{Render(user), "", false};
    ++changed.version;
    user = changed;
    return Remember(write, user, now);
  }

  // Returns the id of the user that has the email address and is not deleted.
  std::optional<std::string> OwnerOf(const std::string& email) const {
    for (const auto& [id, user] : users_) {
      if (user.status != domain::UserStatus::kDeleted &&
          EqualIgnoringAsciiCase(user.email, email)) {
        return id;
      }
    }
    return std::nullopt;
  }

  // Returns the ids of a list, in its order.
  std::vector<std::string> Listed(std::optional<domain::UserStatus> status) const {
    std::vector<std::string> ids;
    for (const std::string& id : order_) {
      const domain::UserStatus is = users_.at(id).status;
      if (is != domain::UserStatus::kDeleted && (!status || is == *status)) ids.push_back(id);
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
