#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "property/calls.h"
#include "support/service_fixture.h"

namespace users::testing {

// Plays random writes on the service and on the model and compares their responses. If the
// connection to the store fails, the service may report that; the player then finds out from the
// audit log whether the write happened, and the model follows. It draws from RapidCheck, so it
// belongs to the thread of a property.
class Player {
 public:
  explicit Player(ServiceFixture& fixture) : fixture_(fixture) {}

  // Plays a write of any kind by any caller, with or without a key. Returns false if the service
  // does not know its outcome; then call SettleUnknown next.
  bool PlayWrite();

  // Reads the outcome of the last write from the store, if it is unknown. The store must not fail.
  void SettleUnknown();

  // Compares everything that can be read. The store must not fail.
  void CompareReads();

  const Model& model() const { return model_; }

 private:
  // A write whose outcome the service does not know.
  struct Unknown {
    std::string target;  // empty for a registration
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
  Timestamp AnyTimeOfCreation();
  void CompareList(const service::ListFilter& filter);
  std::vector<std::string> Listed(const service::ListFilter& filter);
  std::vector<std::string> Walk(const service::ListFilter& filter);

  ServiceFixture& fixture_;
  Model model_;
  std::string correlation_id_;
  int writes_ = 0;
  std::optional<Unknown> unknown_;
};

}  // namespace users::testing
