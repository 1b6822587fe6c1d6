#include "search/local/local_index.h"

#include "base/async/blocking.h"

namespace users::search::local {
namespace {

Error NotReady() {
  return Error::Unavailable("The search index is being built. Try again later.");
}

}  // namespace

LocalIndex::~LocalIndex() {
  readers_.join();
}

void LocalIndex::Start(std::chrono::milliseconds at_most) {
  feeder_.emplace(feed_, store_, list_shards_, options_, log_);
  feeder_->WaitUntilReady(at_most);
}

Task<Result<Candidates>> LocalIndex::Find(std::vector<std::string> words, std::optional<Ulid> after,
                                          std::size_t limit) {
  // The index is released on the thread that reads it, so that it cannot outlive this object in a
  // suspended call.
  auto find = [this, words = std::move(words), after, limit]() -> Result<Candidates> {
    const auto index = feeder_->Ready();
    if (index == nullptr) return NotReady();
    auto found = index->Find(words, after, limit);
    if (found.ok()) return found;
    feeder_->ReportFailure(found.error().message);
    return NotReady();
  };
  co_return co_await RunOn(readers_, std::move(find));
}

std::uint64_t LocalIndex::lag() const {
  const std::uint64_t position = statistics().position;
  const std::uint64_t newest = feed_.NewestPosition();
  return newest > position ? newest - position : 0;
}

}  // namespace users::search::local
