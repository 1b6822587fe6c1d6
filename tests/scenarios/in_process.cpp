#include "scenarios/in_process.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "net/http_head.h"
#include "server/configuration_history.h"
#include "support/run_task.h"

namespace users::testing {

InProcess::InProcess(const MakeStore& make_store, std::uint32_t list_shards)
    : log_(sink_, clock_, LogLevel::kInfo), store_(make_store(clock_, log_)) {
  principals_ = std::move(*server::PrincipalStore::Open(FilesForScenarios().principals, log_));
  const auto roles = ReadFile(FilesForScenarios().roles);
  roles_ =
      std::make_unique<domain::RoleCatalogue>(std::move(*domain::RoleCatalogue::Parse(*roles)));
  service::UserServiceOptions service_options;
  service_options.list_shards = list_shards;
  service_options.index = store_->index();
  service_options.feed = store_->feed();
  service_options.event_origin = audit::EventOrigin{"000000000000", "us-east-1"};
  users_ = std::make_unique<service::UserService>(store_->store(), *roles_, user_ids_, clock_, log_,
                                                  service_options);
  // The server records its configuration before it serves.
  Record(domain::kCatalogueSubject, domain::StateOf(*roles_));
  Record(domain::kPrincipalsSubject, server::StateOf(*principals_->Current()));
  throttles_ = std::make_unique<server::Throttles>(server::ThrottleOptions{0, 1, 0, 1});
  options_.api_arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
  const server::FrontDoor::Shared shared{options_,      *users_, *principals_, *throttles_,
                                         metrics_,      clock_,  log_,         unauthenticated_log_,
                                         throttled_log_};
  door_ = std::make_unique<server::FrontDoor>(shared);
}

void InProcess::Record(std::string_view subject, domain::SubjectState state) {
  service::StateInForce in_force(std::string(subject), std::move(state), clock_.Now());
  const auto recorded =
      RunTask(users_->RecordState(std::move(in_force), DeadlineIn(std::chrono::seconds(60))));
  EXPECT_TRUE(recorded.ok());
}

HttpReply InProcess::Send(const HttpCall& call, const aws::Credentials& credentials) {
  const std::string text = SignedRequest(call, credentials, clock_.Now());
  const std::size_t head_size = text.size() - call.body.size();
  net::RequestHead head;
  HttpReply reply;
  if (!net::ParseRequestHead(std::string_view(text).substr(0, head_size), head)) return reply;
  const server::HttpRequest request{head, std::string_view(text).substr(head_size), "127.0.0.1"};
  server::HttpResponse response = RunTask(door_->Handle(request));
  reply.status = response.status;
  reply.body = std::move(response.body);
  std::string_view lines = response.headers;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::size_t colon = lines.find(": ");
    reply.headers.emplace_back(lines.substr(0, colon), lines.substr(colon + 2, end - colon - 2));
    lines.remove_prefix(end + 2);
  }
  return reply;
}

bool InProcess::Advance(std::chrono::seconds by) {
  clock_.Advance(by);
  return true;
}

}  // namespace users::testing
