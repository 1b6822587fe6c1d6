#include "base/json/json.h"
#include "service/write_path.h"

namespace users::service {
namespace {

Sha256Digest RequestHash(const NewUser& user) {
  std::string request;
  request.reserve(512);
  json::ObjectWriter writer(request);  // members in canonical order
  writer.String("email", user.email);
  if (user.external_id) writer.String("externalId", *user.external_id);
  writer.Texts("metadata", user.metadata);
  writer.String("name", user.name);
  if (user.user_name) writer.String("userName", *user.user_name);
  writer.Close();
  return Sha256(request);
}

}  // namespace

// No read is needed, because the conditions of the transaction decide every case.
Task<Result<WriteOutcome>> UserService::Register(WriteContext context, NewUser user) {
  const Sha256Digest request_hash = RequestHash(user);
  UserRecord created;
  created.user.user_id = user_ids_.Next().ToString();
  created.user.email = std::move(user.email);
  created.user.name = std::move(user.name);
  created.user.external_id = std::move(user.external_id);
  created.user.user_name = std::move(user.user_name);
  created.user.metadata = std::move(user.metadata);
  created.user.created_at = clock_.Now();
  created.user.updated_at = created.user.created_at;
  created.shard = ShardOf(created.user.user_id, options_.list_shards);

  BackOff back_off(context.call.deadline);
  const std::string no_target;
  while (true) {
    PendingResponse response = MakeResponse(context, no_target, request_hash, created.user);
    const domain::AuditEntry entry = MakeEntry(context, domain::action::kUserCreated, nullptr,
                                               created.user, response.salt, Sha256Digest{});
    created.head_hash = entry.hash;
    Change change;
    AddCreation(change, created, entry);
    auto committed = co_await Commit(context, no_target, std::move(change), std::move(response));
    if (!committed.ok()) co_return std::move(committed.error());
    switch (committed->kind) {
      case CommitResult::Kind::kCommitted:
        co_return WriteOutcome(created.user.user_id, std::move(committed->response), false);
      case CommitResult::Kind::kReplayed: {
        const std::string& location = committed->response.location;
        std::string first_id = location.substr(location.rfind('/') + 1);
        co_return WriteOutcome(std::move(first_id), std::move(committed->response), true);
      }
      case CommitResult::Kind::kLostRace:
        log_.Error("store_inconsistent")
            .Text("userId", created.user.user_id)
            .Text("found", "a new user id is taken");
        co_return Error::Internal();
      case CommitResult::Kind::kUndecided: {
        const bool again = co_await back_off.Wait();
        if (!again) co_return GaveUp();
      }
    }
  }
}

}  // namespace users::service
