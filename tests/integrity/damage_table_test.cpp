// Applies every kind of damage to every kind of file of a store, after a kill and after an orderly
// stop. Either the store is rejected and the file is named, or the store opens with every
// acknowledged change. The table lists the stores that may open. All others must not.
#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "integrity/checked_store.h"
#include "storage/local/anchor.h"
#include "storage/local/local_store.h"
#include "support/items.h"
#include "support/memory_sink.h"
#include "support/run_task.h"

namespace users::testing {
namespace {

namespace fs = std::filesystem;
using storage::Key;
using storage::Table;
using storage::Transaction;
using storage::WriteOp;
using storage::local::LocalStore;

constexpr int kChanges = 1200;
constexpr std::size_t kItemBytes = 600;
constexpr std::size_t kWalBlock = 32 << 10;
constexpr std::chrono::seconds kPatience{60};

storage::local::LocalStoreOptions Options(const std::string& directory) {
  storage::local::LocalStoreOptions options;
  options.directory = directory;
  options.feed_partition_prefix = "AUDIT#";
  options.ttl_attribute = "ttl";
  // Small, so that there are tables and several logs. The small families need the oldest log.
  options.memtable_bytes = 1 << 20;
  return options;
}

std::string Sort(int change) {
  std::string digits = std::to_string(change);
  return std::string(6 - digits.size(), '0') + digits;
}

bool Write(LocalStore& store, int change) {
  storage::Item item;
  item.SetNumber("n", change);
  // The bytes do not compress, so tables are not tiny.
  std::string padding(kItemBytes, '\0');
  std::uint64_t state = static_cast<std::uint64_t>(change) * 0x9E3779B97F4A7C15U + 1;
  for (char& byte : padding) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    byte = static_cast<char>(state >> 56);
  }
  item.SetBinary("padding", padding);
  Transaction transaction;
  transaction.push_back(WriteOp::Put(Key(Table::kUsers, "AUDIT#1", Sort(change)), item));
  transaction.push_back(WriteOp::Put(Key(Table::kIdempotency, Sort(change)), Numbered(change)));
  const auto result = RunTask(store.TransactWrite(std::move(transaction), DeadlineIn(kPatience)));
  return result.ok() && result->committed;
}

// The first of the first `changes` changes that the store lacks. Empty if it has all of them.
std::string Missing(LocalStore& store, int changes) {
  for (int change = 0; change < changes; ++change) {
    std::vector<Key> keys;
    keys.emplace_back(Table::kUsers, "AUDIT#1", Sort(change));
    keys.emplace_back(Table::kIdempotency, Sort(change));
    const auto items = RunTask(store.Get(keys, DeadlineIn(kPatience)));
    if (!items.ok()) return "change " + std::to_string(change) + " cannot be read";
    for (const auto& item : *items) {
      if (!item || item->FindNumber("n") != change) {
        return "change " + std::to_string(change) + " is missing";
      }
    }
  }
  const auto records = store.Read(static_cast<std::uint64_t>(changes) - 1, 10);
  return records.ok() && records->size() == 1 ? "" : "the change feed is not complete";
}

// A store in three states: killed halfway, killed at the end, and stopped in an orderly way.
class Stores {
 public:
  Stores() {
    SystemClock clock;
    MemorySink sink;
    const Log log(sink, clock, LogLevel::kError);
    const std::string live = directory_ / "live";
    auto store = std::move(*LocalStore::Open(Options(live), clock, log));
    for (int change = 0; change < kChanges; ++change) {
      // A killed process leaves exactly the bytes that it has written.
      if (change == kChanges / 2) fs::copy(live, older(), fs::copy_options::recursive);
      EXPECT_TRUE(Write(*store, change));
    }
    fs::copy(live, killed(), fs::copy_options::recursive);
    store.reset();
    fs::copy(live, stopped(), fs::copy_options::recursive);
    EXPECT_EQ(sink.text(), "");
  }

  std::string older() const { return directory_ / "older"; }
  std::string killed() const { return directory_ / "killed"; }
  std::string stopped() const { return directory_ / "stopped"; }

  static const Stores& Made() {
    static const Stores stores;
    return stores;
  }

 private:
  TemporaryDirectory directory_;
};

struct FileKind {
  const char* name;
  // Returns the path in the directory, empty if there is none.
  std::string (*pick)(const std::string& data);
};

// The names in db/ with this beginning and ending, sorted.
std::vector<std::string> InDatabase(const std::string& data, const std::string& begin,
                                    const std::string& end) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(data + "/db")) {
    const std::string name = entry.path().filename();
    const bool fits = name.starts_with(begin) && name.ends_with(end);
    if (fits && entry.file_size() > 0) names.push_back("db/" + name);
  }
  std::sort(names.begin(), names.end());
  return names;
}
std::string First(const std::vector<std::string>& names) {
  return names.empty() ? "" : names.front();
}
std::string Last(const std::vector<std::string>& names) {
  return names.empty() ? "" : names.back();
}

const FileKind kFileKinds[] = {
    {"newest log", [](const std::string& d) { return Last(InDatabase(d, "", ".log")); }},
    {"oldest log", [](const std::string& d) { return First(InDatabase(d, "", ".log")); }},
    {"first table", [](const std::string& d) { return First(InDatabase(d, "", ".sst")); }},
    {"last table", [](const std::string& d) { return Last(InDatabase(d, "", ".sst")); }},
    {"MANIFEST", [](const std::string& d) { return Last(InDatabase(d, "MANIFEST-", "")); }},
    {"CURRENT", [](const std::string&) { return std::string("db/CURRENT"); }},
    {"FORMAT", [](const std::string&) { return std::string("FORMAT"); }},
    {"ANCHOR", [](const std::string&) { return std::string("ANCHOR"); }},
    {"OPTIONS", [](const std::string& d) { return Last(InDatabase(d, "OPTIONS-", "")); }},
    {"IDENTITY", [](const std::string&) { return std::string("db/IDENTITY"); }},
    {"db", [](const std::string&) { return std::string("db"); }},
};

// The end of the last record of a log that ends at or before `before`.
std::size_t RecordEnd(const std::string& log, std::size_t before) {
  constexpr std::size_t kHeader = 7;
  std::size_t end = 0;
  for (std::size_t at = 0; at + kHeader <= log.size();) {
    if (kWalBlock - at % kWalBlock < kHeader) {
      at += kWalBlock - at % kWalBlock;
      continue;
    }
    const std::size_t length = static_cast<unsigned char>(log[at + 4]) |
                               static_cast<std::size_t>(static_cast<unsigned char>(log[at + 5]))
                                   << 8;
    const char type = log[at + 6];
    at += kHeader + length;
    if (at > before) break;
    if (type == 1 || type == 4) end = at;  // a whole record, or the last part of one
  }
  return end;
}

std::string Flipped(std::string content, std::size_t at) {
  if (!content.empty()) content[at] = static_cast<char>(content[at] ^ 0x10);
  return content;
}

std::string Zeroed(std::string content, std::size_t from, std::size_t to) {
  std::fill(content.begin() + static_cast<std::ptrdiff_t>(from),
            content.begin() + static_cast<std::ptrdiff_t>(to), '\0');
  return content;
}

struct DamageKind {
  const char* name;
  std::string (*change)(const std::string& content);
};

const DamageKind kDamageKinds[] = {
    {"first byte flipped", [](const std::string& c) { return Flipped(c, 0); }},
    {"a byte near the start flipped",
     [](const std::string& c) { return Flipped(c, c.size() / 9); }},
    {"middle byte flipped", [](const std::string& c) { return Flipped(c, c.size() / 2); }},
    {"last byte flipped", [](const std::string& c) { return Flipped(c, c.size() - 1); }},
    {"all zero", [](const std::string& c) { return Zeroed(c, 0, c.size()); }},
    {"middle third zero",
     [](const std::string& c) { return Zeroed(c, c.size() / 3, 2 * c.size() / 3); }},
    {"zero from a record to its block's end",
     [](const std::string& c) {
       const std::size_t from = RecordEnd(c, c.size() / 2);
       return Zeroed(c, from, std::min((from / kWalBlock + 1) * kWalBlock, c.size()));
     }},
    {"end zero",
     [](const std::string& c) { return Zeroed(c, c.size() - c.size() / 10 - 1, c.size()); }},
    {"cut by a byte", [](const std::string& c) { return c.substr(0, c.size() - 1); }},
    {"cut to half", [](const std::string& c) { return c.substr(0, c.size() / 2); }},
    {"cut at a record",
     [](const std::string& c) { return c.substr(0, RecordEnd(c, c.size() / 2)); }},
    {"cut before the last record",
     [](const std::string& c) { return c.substr(0, RecordEnd(c, c.size() - 1)); }},
    {"empty", [](const std::string&) { return std::string(); }},
};

enum class Expected {
  kRejected,  // the file is named
  kOpens,     // RocksDB does not need these bytes, or the rest is incomplete but not false
  kEither,    // the anchor may be older than the last bytes; if the store opens, it is complete
};

Expected ExpectedOf(const std::string& file, const std::string& damage, bool killed) {
  const auto is_one_of = [&](std::initializer_list<const char*> names) {
    return std::find(names.begin(), names.end(), damage) != names.end();
  };
  if (file == "OPTIONS" || file == "IDENTITY") return Expected::kOpens;
  if (file == "MANIFEST" && killed &&
      is_one_of({"cut by a byte", "cut before the last record", "last byte flipped", "end zero"})) {
    return Expected::kEither;
  }
  if (file != "ANCHOR") return Expected::kRejected;
  if (damage == "replaced by an older one") return Expected::kOpens;
  // Another slot contains an anchor, and a power cut can leave the file like this. Bytes after the
  // end of a slot are ignored.
  if (is_one_of({"middle byte flipped", "last byte flipped", "end zero",
                 "a byte near the start flipped"})) {
    return Expected::kOpens;
  }
  return killed && is_one_of({"first byte flipped", "middle third zero"}) ? Expected::kOpens
                                                                          : Expected::kRejected;
}

class DamageTable : public ::testing::Test {
 protected:
  // The unexpected results of opening the damaged copy, one per line. Empty if there are none.
  std::string FaultOf(const std::string& data, const std::string& file, Expected expected) {
    std::string faults = CheckReading(data, file, expected);
    auto opened = LocalStore::Open(Options(data), clock_, log_);
    if (!opened.ok()) {
      if (expected == Expected::kOpens)
        return faults + "is rejected: " + opened.error().message + "\n";
      const std::string& message = opened.error().message;
      if (opened.error().code != ErrorCode::kInternal)
        faults += "is not reported as damage: " + message + "\n";
      if (message.find(file) == message.npos) faults += "is not named: " + message + "\n";
      return faults;
    }
    if (expected == Expected::kRejected) faults += "opens\n";
    const std::string missing = Missing(**opened, kChanges);
    return missing.empty() ? faults : faults + missing + "\n";
  }

  // A process that only reads the store reports the same and changes nothing.
  std::string CheckReading(const std::string& data, const std::string& file, Expected expected) {
    const auto before = FilesOf(data);
    std::string faults;
    {
      const auto opened = LocalStore::OpenForReading(Options(data), clock_, log_);
      const std::string said =
          opened.ok() ? (*opened)->damage().value_or("") : opened.error().message;
      const bool is_table = file.ends_with(".sst");  // `usersd check` verifies those
      if (expected == Expected::kOpens && !said.empty())
        faults += "is damage to a reader: " + said + "\n";
      if (expected == Expected::kRejected && !is_table && said.find(file) == said.npos) {
        faults += "is not named to a reader: " + said + "\n";
      }
      if (opened.ok() && expected == Expected::kRejected && is_table && said.empty() &&
          (*opened)->VerifyFiles().ok()) {
        faults += "is not found by a reader\n";
      }
    }
    if (FilesOf(data) != before) faults += "is changed by a reader\n";
    return faults;
  }

  static std::map<std::string, std::string> FilesOf(const std::string& data) {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(data)) {
      if (entry.is_regular_file()) files[entry.path()] = *ReadFile(entry.path());
    }
    return files;
  }

  void PlayAll(const std::string& original, bool killed) {
    for (const FileKind& kind : kFileKinds) {
      const std::string file = kind.pick(original);
      if (file.empty()) continue;
      if (file != "db") PlayChanges(original, kind, file, killed);
      {
        const StoreCopy copy(original);
        fs::remove_all(copy.path() + "/" + file);
        const Expected expected = ExpectedOf(kind.name, "removed", killed);
        EXPECT_EQ(FaultOf(copy.path(), file, expected), "") << file << " removed";
      }
      // The older state may have no file of this name. Then there is nothing to replace.
      const std::string older = Stores::Made().older() + "/" + file;
      if (!fs::exists(older) || *Same(older, original + "/" + file)) continue;
      const StoreCopy copy(original);
      fs::remove_all(copy.path() + "/" + file);
      fs::copy(older, copy.path() + "/" + file, fs::copy_options::recursive);
      const Expected expected = ExpectedOf(kind.name, "replaced by an older one", killed);
      EXPECT_EQ(FaultOf(copy.path(), file, expected), "") << file << " replaced by an older one";
    }
  }

  static std::optional<bool> Same(const std::string& one, const std::string& other) {
    if (fs::is_directory(one)) return false;
    return *ReadFile(one) == *ReadFile(other);
  }

  void PlayChanges(const std::string& original, const FileKind& kind, const std::string& file,
                   bool killed) {
    const std::string content = *ReadFile(original + "/" + file);
    for (const DamageKind& damage : kDamageKinds) {
      const std::string changed = damage.change(content);
      if (changed == content) continue;
      const StoreCopy copy(original);
      std::ofstream(copy.path() + "/" + file, std::ios::binary | std::ios::trunc) << changed;
      const Expected expected = ExpectedOf(kind.name, damage.name, killed);
      EXPECT_EQ(FaultOf(copy.path(), file, expected), "")
          << file << " (" << kind.name << ", " << content.size() << " bytes): " << damage.name;
    }
  }

  SystemClock clock_;
  MemorySink sink_;
  const Log log_{sink_, clock_, LogLevel::kError};
};

TEST_F(DamageTable, AcceptsUndamagedStores) {
  for (const std::string& original : {Stores::Made().killed(), Stores::Made().stopped()}) {
    const StoreCopy copy(original);
    EXPECT_EQ(FaultOf(copy.path(), "", Expected::kOpens), "") << original;
  }
  EXPECT_GT(InDatabase(Stores::Made().killed(), "", ".log").size(), 1U);
  EXPECT_GT(InDatabase(Stores::Made().killed(), "", ".sst").size(), 1U);
}

TEST_F(DamageTable, HoldsAfterAKill) {
  PlayAll(Stores::Made().killed(), true);
}

TEST_F(DamageTable, HoldsAfterAnOrderlyStop) {
  PlayAll(Stores::Made().stopped(), false);
}

// An operator may continue without the missing changes. The store then has a state that it had
// earlier.
TEST_F(DamageTable, AcceptsAnOlderStoreOnRequest) {
  const std::string log = Last(InDatabase(Stores::Made().killed(), "", ".log"));
  const StoreCopy copy(Stores::Made().killed());
  const std::string content = *ReadFile(copy.path() + "/" + log);
  std::ofstream(copy.path() + "/" + log, std::ios::binary | std::ios::trunc)
      << Flipped(content, content.size() / 2);
  auto options = Options(copy.path());
  ASSERT_FALSE(LocalStore::Open(options, clock_, log_).ok());
  options.accept_older = true;
  MemorySink sink;
  const Log loud(sink, clock_, LogLevel::kWarning);
  std::uint64_t newest = 0;
  {
    const auto accepted = LocalStore::Open(options, clock_, loud);
    ASSERT_TRUE(accepted.ok()) << accepted.error().message;
    const auto records = (*accepted)->Read(0, kChanges);
    ASSERT_TRUE(records.ok());
    for (const auto& record : *records) newest = record.position;
    EXPECT_LT(newest, std::uint64_t{kChanges});
    EXPECT_EQ(Missing(**accepted, static_cast<int>(newest)), "");
    const std::string missing = "\"missingChanges\":" + std::to_string(kChanges - newest);
    EXPECT_NE(sink.text().find("store_accepted_older"), std::string::npos) << sink.text();
    EXPECT_NE(sink.text().find(missing), std::string::npos) << sink.text();
  }
  options.accept_older = false;
  const auto again = LocalStore::Open(options, clock_, log_);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(Missing(**again, static_cast<int>(newest)), "");
}

}  // namespace
}  // namespace users::testing
