#include "storage/local/store_start.h"

#include <string_view>

#include "base/text/text.h"
#include "storage/local/start_check.h"
#include "storage/local/store_lock.h"

namespace users::storage::local {
namespace {

constexpr std::string_view kFormatName = "usersd-store ";
// In FORMAT until the first start has created everything. Nothing was acknowledged before that.
constexpr std::string_view kBeingMade = " being made";
// In FORMAT of a store that this program took over from a version that wrote format 1, followed by
// the time of the takeover.
constexpr std::string_view kTakenOver = " since ";

enum class StoreState {
  kNothing,     // no file of a store exists
  kBeingMade,   // the first start did not finish
  kNoAnchor,    // format 1
  kOldContent,  // format 2
  kComplete,
};

// The format that has an anchor and whose content must be upgraded.
constexpr int kOldContentFormat = 2;

Error Damaged(const FoundDamage& damage) {
  return Error::Of(ErrorCode::kInternal, "is damaged (" + damage.text() + ")");
}

bool IsMissing(const rocksdb::Status& status) {
  return status.IsNotFound() || IsDamage(status);
}

Result<bool> Exists(rocksdb::Env& env, const std::string& directory, std::string_view name) {
  const rocksdb::Status status = env.FileExists(directory + "/" + std::string(name));
  if (status.ok()) return true;
  if (IsMissing(status)) return false;
  return Error::Unavailable("cannot be opened (" + std::string(name) + ": " + status.ToString() +
                            ")");
}

Result<bool> HoldsNothing(rocksdb::Env& env, const std::string& directory) {
  for (const std::string_view name : {"ANCHOR", "db", "audit-events.jsonl", "credentials"}) {
    const auto exists = Exists(env, directory, name);
    if (!exists.ok()) return exists.error();
    if (*exists) return false;
  }
  return true;
}

// Returns the time in the text of FORMAT; nothing if it has none.
Result<std::optional<Timestamp>> TakenOverAt(std::string_view text) {
  const std::size_t at = text.find(kTakenOver);
  if (at == text.npos) return std::optional<Timestamp>();
  const auto time = ParseTimestamp(text.substr(at + kTakenOver.size()));
  if (!time) return Error::Internal();
  return std::optional<Timestamp>(*time);
}

Result<StoreState> ReadFormat(rocksdb::Env& env, const std::string& directory) {
  const auto exists = Exists(env, directory, "FORMAT");
  if (!exists.ok()) return exists.error();
  if (!*exists) {
    const auto nothing = HoldsNothing(env, directory);
    if (!nothing.ok()) return nothing.error();
    if (*nothing) return StoreState::kNothing;
    return Damaged(FoundDamage{"FORMAT", "is missing, and other files of a store are there"});
  }
  std::string content;
  const rocksdb::Status read = rocksdb::ReadFileToString(&env, directory + "/FORMAT", &content);
  if (!read.ok()) {
    return Error::Unavailable("cannot be opened (FORMAT: " + read.ToString() + ")");
  }
  std::string_view text = content;
  const bool has_form = text.starts_with(kFormatName) && text.ends_with('\n');
  if (has_form) {
    text.remove_prefix(kFormatName.size());
    text.remove_suffix(1);
  }
  const bool being_made = text.ends_with(kBeingMade);
  if (being_made) text.remove_suffix(kBeingMade.size());
  const auto since = TakenOverAt(text);
  text = text.substr(0, text.find(kTakenOver));
  const auto format = has_form && since.ok() ? ParseNumber<int>(text) : std::nullopt;
  if (!format || *format < 1) {
    return Damaged(FoundDamage{"FORMAT", "is not the FORMAT of a usersd store"});
  }
  if (*format > kStoreFormat) {
    return Error::Unavailable("was written by a newer usersd (store format " +
                              std::to_string(*format) + ", this program knows " +
                              std::to_string(kStoreFormat) + "): use that program or a newer one");
  }
  if (*format < kOldContentFormat) return StoreState::kNoAnchor;
  if (being_made) return StoreState::kBeingMade;
  return *format < kStoreFormat ? StoreState::kOldContent : StoreState::kComplete;
}

Status WriteFormat(rocksdb::Env& env, const std::string& directory, int format,
                   std::string_view after) {
  return ReplaceFile(env, directory, "FORMAT",
                     std::string(kFormatName) + std::to_string(format) + std::string(after) + "\n");
}

std::string TakenOverText(std::optional<Timestamp> time) {
  return time ? std::string(kTakenOver) + FormatTimestamp(*time) : std::string();
}

// Checks that no server has the directory open, without creating a file.
Status CheckNotInUse(rocksdb::Env& env, const std::string& directory) {
  const std::string path = directory + "/db/LOCK";
  if (!env.FileExists(path).ok()) return Done{};
  rocksdb::FileLock* lock = nullptr;
  if (!env.LockFile(path, &lock).ok()) return InUse();
  env.UnlockFile(lock).PermitUncheckedError();
  return Done{};
}

// Returns the anchor, or nothing for a store that never had one.
Result<std::optional<Anchor>> ReadPromise(rocksdb::Env& env, const std::string& directory,
                                          StoreState state, const Log& log) {
  if (state == StoreState::kNoAnchor) {
    // A crash may have happened between the first anchor and the new format.
    const auto exists = Exists(env, directory, kAnchorName);
    if (!exists.ok()) return exists.error();
    if (!*exists) return std::optional<Anchor>();
  }
  auto found = ReadAnchor(env, directory);
  if (!found.ok()) return std::move(found.error());
  if (found->unreadable_slots > 0) {
    log.Warning("anchor_torn")
        .Text("meaning", "the power was lost, or ANCHOR was changed; an older anchor is used")
        .Number("slots", static_cast<std::int64_t>(found->unreadable_slots));
  }
  return std::optional<Anchor>(std::move(found->anchor));
}

class Starting {
 public:
  Starting(const LocalStoreOptions& options, const Clock& clock, const Log& log,
           DamageRecord& damage)
      : options_(options), clock_(clock), log_(log), damage_(damage), env_(EnvOf(options)) {}

  Result<StartedStore> MakeNew() {
    if (auto written = WriteFormat(env_, options_.directory, kStoreFormat, kBeingMade);
        !written.ok()) {
      return std::move(written.error());
    }
    return GoOnMaking();
  }

  Result<StartedStore> GoOnMaking() {
    auto started = Open(Engine::Mode::kCreate, Anchor());
    if (!started.ok()) return started;
    if (started->anchor->current().position > 0) {
      return Damaged(
          FoundDamage{"FORMAT", "says that nothing was stored yet, but there are users"});
    }
    return Finish(std::move(*started), kStoreFormat);
  }

  Result<StartedStore> OpenExisting(StoreState state) {
    if (auto checked = CheckNotInUse(env_, options_.directory); !checked.ok()) {
      return std::move(checked.error());
    }
    auto promise = ReadPromise(env_, options_.directory, state, log_);
    if (!promise.ok()) {
      if (promise.error().code != ErrorCode::kInternal) return std::move(promise.error());
      if (auto rejected = Accept(FoundDamage{"ANCHOR", promise.error().message}); !rejected.ok()) {
        return std::move(rejected.error());
      }
    }
    const std::optional<Anchor> anchor = promise.ok() ? *promise : std::nullopt;
    if (auto checked = CheckDatabase(anchor); !checked.ok()) return std::move(checked.error());

    const Anchor before = anchor.value_or(Anchor());
    auto started = Open(accepted_ ? Engine::Mode::kRecover : Engine::Mode::kReadWrite, before);
    if (!started.ok()) return started;
    started->had_no_anchor = !anchor && !accepted_;
    started->accepted_older = accepted_.has_value();
    if (accepted_) {
      const std::uint64_t position = started->anchor->current().position;
      log_.Warning("store_accepted_older")
          .Text("file", accepted_->file)
          .Text("reason", accepted_->reason)
          .Number("missingChanges", before.position > position
                                        ? static_cast<std::int64_t>(before.position - position)
                                        : 0);
    }
    if (accepted_ || state == StoreState::kNoAnchor) {
      const auto taken_over = state == StoreState::kNoAnchor
                                  ? std::optional(clock_.Now())
                                  : ReadTakenOverAt(env_, options_.directory);
      const int format = state == StoreState::kComplete ? kStoreFormat : kOldContentFormat;
      return Finish(std::move(*started), format, taken_over);
    }
    return started;
  }

  // Continues despite the damage if the options allow it.
  Status Accept(const FoundDamage& found) {
    if (!options_.accept_older) return Damaged(found);
    if (!accepted_) accepted_ = found;
    return Done{};
  }

 private:
  Status CheckDatabase(const std::optional<Anchor>& anchor) {
    auto looked = InspectDatabase(options_, anchor, clock_, log_, damage_);
    if (!looked.ok()) return std::move(looked.error());
    if (looked->damage) {
      if (auto rejected = Accept(*looked->damage); !rejected.ok()) return rejected;
    }
    if (!looked->engine) return Done{};
    const auto tables = VerifyTables(*looked->engine, env_, log_);
    if (!tables.ok()) return tables.error();
    // Accepting an older store would not help, because these bytes are not the newest writes.
    if (tables->has_value()) return Damaged(**tables);
    return Done{};
  }

  Result<StartedStore> Open(Engine::Mode mode, const Anchor& before) {
    StartedStore started;
    auto access = EngineAccess::Open(mode, options_, clock_, log_, damage_);
    if (!access.ok()) return std::move(access.error());
    started.access = std::move(*access);
    const EngineAccess::Lease engine(*started.access);
    const auto anchor = AnchorOf(*engine, before);
    if (!anchor.ok()) return anchor.error();
    started.anchor = std::make_unique<AnchorFile>(env_, options_.directory);
    if (auto restarted = started.anchor->Restart(*anchor); !restarted.ok()) {
      return std::move(restarted.error());
    }
    return started;
  }

  Result<StartedStore> Finish(StartedStore started, int format,
                              std::optional<Timestamp> taken_over = std::nullopt) {
    const std::string since = TakenOverText(taken_over);
    if (auto written = WriteFormat(env_, options_.directory, format, since); !written.ok()) {
      return std::move(written.error());
    }
    return started;
  }

  const LocalStoreOptions& options_;
  const Clock& clock_;
  const Log& log_;
  DamageRecord& damage_;
  rocksdb::Env& env_;
  std::optional<FoundDamage> accepted_;
};

}  // namespace

std::optional<Timestamp> ReadTakenOverAt(rocksdb::Env& env, const std::string& directory) {
  std::string content;
  if (!rocksdb::ReadFileToString(&env, directory + "/FORMAT", &content).ok()) return std::nullopt;
  std::string_view text = content;
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text == std::string(kFormatName) + "1") return Timestamp::max();
  const auto time = TakenOverAt(text);
  return time.ok() ? *time : std::nullopt;
}

bool NeedsUpgrade(rocksdb::Env& env, const std::string& directory) {
  const auto state = ReadFormat(env, directory);
  return !state.ok() || *state == StoreState::kNoAnchor || *state == StoreState::kOldContent;
}

Status WriteNewestFormat(rocksdb::Env& env, const std::string& directory) {
  return WriteFormat(env, directory, kStoreFormat, TakenOverText(ReadTakenOverAt(env, directory)));
}

Result<StartedStore> StartStore(const LocalStoreOptions& options, const Clock& clock,
                                const Log& log, DamageRecord& damage) {
  Starting starting(options, clock, log, damage);
  auto state = ReadFormat(EnvOf(options), options.directory);
  if (!state.ok() && state.error().code == ErrorCode::kInternal && options.accept_older) {
    if (auto accepted = starting.Accept(FoundDamage{"FORMAT", "is missing or damaged"});
        !accepted.ok()) {
      return std::move(accepted.error());
    }
    state = StoreState::kOldContent;
  }
  if (!state.ok()) return std::move(state.error());
  switch (*state) {
    case StoreState::kNothing:
      return starting.MakeNew();
    case StoreState::kBeingMade:
      return starting.GoOnMaking();
    case StoreState::kNoAnchor:
    case StoreState::kOldContent:
    case StoreState::kComplete:
      return starting.OpenExisting(*state);
  }
  return Error::Internal();
}

Result<std::unique_ptr<EngineAccess>> StartReading(const LocalStoreOptions& options,
                                                   const Clock& clock, const Log& log,
                                                   DamageRecord& damage) {
  rocksdb::Env& env = EnvOf(options);
  std::optional<FoundDamage> found;
  auto state = ReadFormat(env, options.directory);
  if (!state.ok() && state.error().code != ErrorCode::kInternal) return std::move(state.error());
  if (state.ok() && *state == StoreState::kNothing) return Error::Unavailable("holds no store");
  if (state.ok() && *state == StoreState::kBeingMade) {
    return Error::Unavailable("holds no store: the first start on it did not finish");
  }
  if (!state.ok()) {
    found = FoundDamage{"FORMAT", "is missing or damaged"};
    state = StoreState::kComplete;
  }
  auto promise = ReadPromise(env, options.directory, *state, log);
  if (!promise.ok() && promise.error().code != ErrorCode::kInternal) {
    return std::move(promise.error());
  }
  if (!promise.ok() && !found) found = FoundDamage{"ANCHOR", promise.error().message};
  auto looked =
      InspectDatabase(options, promise.ok() ? *promise : std::nullopt, clock, log, damage);
  if (!looked.ok()) return std::move(looked.error());
  if (!found) found = std::move(looked->damage);
  if (!looked->engine) return Damaged(*found);
  if (found) damage.Report(found->file, found->reason);
  return EngineAccess::Of(std::move(looked->engine), options, clock, log, damage);
}

}  // namespace users::storage::local
