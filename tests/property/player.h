#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "property/calls.h"
#include "property/service_fixture.h"

namespace users::testing {

// Plays random writes on the service and on the model and compares what they answer. Where the line
// to the store fails, the service may say so; whether the write has happened is then found out from
// the audit log, and the model follows. Draws from RapidCheck: for the thread of a property.
class Player {
 public:
  explicit Player(ServiceFixture& fixture) : fixture_(fixture) {}

  // A write of any kind by any caller, with or without a key. False if the service does not know
  // what became of it; SettleUnknown comes next then.
  bool PlayWrite();

  // Learns from the store, which works, what became of the last write, if nobody knows.
  void SettleUnknown();

  // All that can be read, once nothing fails any more.
  void CompareReads();

  const Model& model() const { return model_; }

 private:
  // A write whose outcome the service does not know.
  struct Unknown {
    std::string target;  // empty: a registration
    std::string correlation_id;
    std::function<Model::Outcome(const std::string& id)> happen;
  };

  void PlayRegister(Model::Write& write, const std::string& arn);
  void PlayUpdate(Model::Write& write, const std::string& arn);
  void PlayStatus(Model::Write& write, const std::string& arn);
  void PlayRole(Model::Write& write, const std::string& arn, bool assign);
  template <class Apply>
  void Compare(const Result<service::WriteOutcome>& result, const Model::Write& write,
               bool sees_deleted, Apply apply);
  std::vector<std::string> Walk(std::optional<domain::UserStatus> status);

  ServiceFixture& fixture_;
  Model model_;
  std::string correlation_id_;
  int writes_ = 0;
  std::optional<Unknown> unknown_;
};

}  // namespace users::testing
