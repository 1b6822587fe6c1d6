#include "search/local/posting_merge.h"

#include <memory>

#include "search/local/postings.h"

namespace users::search::local {
namespace {

// A few milliseconds.
constexpr int kMaxSteps = 10'000;
// A user that is near is reached faster by reading on than by a seek.
constexpr int kMaxReadsOn = 12;

constexpr Ulid GreatestUlid() {
  Ulid greatest;
  greatest.bytes.fill(0xFF);
  return greatest;
}

// Returns the next id. The id must not be the greatest one.
Ulid After(Ulid id) {
  for (std::size_t i = id.bytes.size(); i-- > 0;) {
    if (++id.bytes[i] != 0) break;
  }
  return id;
}

// Returns the previous id. The id must not be the least one.
Ulid Before(Ulid id) {
  for (std::size_t i = id.bytes.size(); i-- > 0;) {
    if (id.bytes[i]-- != 0) break;
  }
  return id;
}

// The position of a merge in one list.
class ListCursor {
 public:
  ListCursor(rocksdb::DB& db, const std::string& word)
      : list_(word), end_(std::make_unique<End>(list_)) {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end_->slice;
    it_.reset(db.NewIterator(options));
  }

  // Moves to the first posting of a user that is not less than `target`. Returns whether there is
  // one.
  bool SeekTo(const Ulid& target) {
    for (int i = 0; is_placed_ && i < kMaxReadsOn; ++i) {
      if (!it_->Valid()) return false;
      if (user_ >= target) return true;
      it_->Next();
      Place();
    }
    if (is_placed_ && it_->Valid() && user_ >= target) return true;
    it_->Seek(PostingKey(list_, target));
    Place();
    return it_->Valid();
  }

  const Ulid& user() const { return user_; }
  bool has_rest() const { return ValueHas(it_->value().ToStringView(), list_.rest); }
  rocksdb::Status status() const { return it_->status(); }

 private:
  // RocksDB keeps the address of the slice. No posting has the greatest id.
  struct End {
    explicit End(const PostingList& list) : key(PostingKey(list, GreatestUlid())), slice(key) {}
    std::string key;
    rocksdb::Slice slice;
  };

  void Place() {
    is_placed_ = true;
    if (it_->Valid()) user_ = UserOf(it_->key().ToStringView());
  }

  PostingList list_;
  std::unique_ptr<End> end_;
  std::unique_ptr<rocksdb::Iterator> it_;
  bool is_placed_ = false;
  Ulid user_;
};

}  // namespace

rocksdb::Status MergePostings(rocksdb::DB& db, const std::vector<std::string>& words,
                              const std::optional<Ulid>& after, std::size_t limit,
                              Candidates& candidates) {
  if (after == GreatestUlid()) return rocksdb::Status::OK();
  std::vector<ListCursor> cursors;
  cursors.reserve(words.size());
  for (const std::string& word : words) cursors.emplace_back(db, word);

  Ulid target = after ? After(*after) : Ulid();
  std::size_t agreeing = 0;  // cursors in a row that are at the target
  std::size_t at = 0;
  for (int step = 0; step < kMaxSteps && candidates.ids.size() < limit; ++step) {
    ListCursor& cursor = cursors[at];
    if (!cursor.SeekTo(target)) return cursor.status();
    if (cursor.user() != target) agreeing = 0;
    target = cursor.user();
    if (!cursor.has_rest()) {
      target = After(target);
      agreeing = 0;
      continue;
    }
    at = (at + 1) % cursors.size();
    if (++agreeing < cursors.size()) continue;
    candidates.ids.push_back(target);
    target = After(target);
    agreeing = 0;
  }
  // Everything before the target has been examined.
  candidates.examined = target == Ulid() ? Ulid() : Before(target);
  return rocksdb::Status::OK();
}

}  // namespace users::search::local
