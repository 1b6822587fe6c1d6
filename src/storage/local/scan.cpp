#include "storage/local/scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "storage/local/damage.h"

namespace users::storage::local {
namespace {

// The first bytes of a key as a number, big endian. Different keys of this store differ in these
// bytes, because they include ids, positions and the first bytes of hashes.
class KeyNumber {
 public:
  explicit KeyNumber(std::string_view key) {
    std::copy_n(key.begin(), std::min(key.size(), bytes_.size()), bytes_.begin());
  }

  static KeyNumber Max() {
    KeyNumber max("");
    max.bytes_.fill(0xFF);
    return max;
  }

  std::string key() const { return std::string(bytes_.begin(), bytes_.end()); }

  // Returns this plus two to the power `exponent`; nothing if the sum does not fit.
  std::optional<KeyNumber> PlusPowerOfTwo(std::size_t exponent) const {
    KeyNumber sum = *this;
    std::size_t at = kBytes - 1 - exponent / 8;
    unsigned carry = 1U << (exponent % 8);
    while (true) {
      carry += sum.bytes_[at];
      sum.bytes_[at] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
      if (carry == 0) return sum;
      if (at == 0) return std::nullopt;
      --at;
    }
  }

  // Returns the mean of the two, rounded down.
  static KeyNumber Middle(const KeyNumber& a, const KeyNumber& b) {
    std::array<std::uint8_t, kBytes + 1> sum{};
    unsigned carry = 0;
    for (std::size_t i = kBytes; i-- > 0;) {
      carry += static_cast<unsigned>(a.bytes_[i]) + b.bytes_[i];
      sum[i + 1] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    sum[0] = static_cast<std::uint8_t>(carry);
    KeyNumber half("");
    for (std::size_t i = 0; i < kBytes; ++i) {
      half.bytes_[i] = static_cast<std::uint8_t>((sum[i] << 7) | (sum[i + 1] >> 1));
    }
    return half;
  }

  bool operator==(const KeyNumber& other) const { return bytes_ == other.bytes_; }

  static constexpr std::size_t kBytes = 48;

 private:
  std::array<std::uint8_t, kBytes> bytes_{};
};

// The position of a scan. An iterator that has failed may mistake the bad block for that of the
// next key that it seeks, so each seek uses a new iterator.
class Place {
 public:
  explicit Place(const MakeIterator& make) : make_(make), it_(make()) {}

  rocksdb::Iterator& it() { return *it_; }

  bool CanSeek(const KeyNumber& to) {
    it_ = make_();
    it_->Seek(to.key());
    return it_->status().ok();
  }

 private:
  const MakeIterator& make_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

// Moves to the first readable key after `after`, or to the end. Steps of growing length find a
// readable position. Halving the last step then finds the first one.
void SeekPast(Place& place, std::string_view after) {
  constexpr std::size_t kGrowth = 2;  // each step is four times as long as the one before
  const KeyNumber begin(after);
  KeyNumber unreadable = begin;
  std::optional<KeyNumber> readable;
  for (std::size_t exponent = 0; exponent < 8 * KeyNumber::kBytes; exponent += kGrowth) {
    const auto next = begin.PlusPowerOfTwo(exponent);
    if (!next) break;
    if (place.CanSeek(*next)) {
      readable = next;
      break;
    }
    unreadable = *next;
  }
  if (!readable && place.CanSeek(KeyNumber::Max())) readable = KeyNumber::Max();
  if (!readable) return;  // the iterator is not valid
  while (true) {
    const KeyNumber middle = KeyNumber::Middle(unreadable, *readable);
    if (middle == unreadable) break;
    if (place.CanSeek(middle)) {
      readable = middle;
    } else {
      unreadable = middle;
    }
  }
  place.CanSeek(*readable);
}

}  // namespace

rocksdb::Status Scan(const MakeIterator& make, const VisitEntry& visit, const SkipKeys& skip) {
  std::string last;
  int ranges = 0;
  Place place(make);
  place.it().SeekToFirst();
  while (true) {
    for (; place.it().Valid(); place.it().Next()) {
      const rocksdb::Slice key = place.it().key();
      last.assign(key.data(), key.size());
      visit(last, place.it().value().ToStringView());
    }
    UnreadableKeys keys;
    keys.status = place.it().status();
    if (keys.status.ok() || !skip || ++ranges > kMaxUnreadableRanges) return keys.status;
    keys.after = last;
    SeekPast(place, last);
    if (place.it().Valid()) keys.until = place.it().key().ToString();
    skip(keys);
    if (!place.it().Valid()) return rocksdb::Status::OK();
  }
}

UnreadableRange RangeWithoutKeys(const UnreadableKeys& keys) {
  UnreadableRange range;
  range.reason = keys.status.ToString();
  range.file = FileNamedIn(range.reason);
  return range;
}

}  // namespace users::storage::local
