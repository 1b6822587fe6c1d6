#include "storage/local/expiry_filter.h"

#include "storage/item.h"

namespace users::storage::local {
namespace {

class ExpiryFilter final : public rocksdb::CompactionFilter {
 public:
  ExpiryFilter(const Clock& clock, std::string ttl_attribute)
      : clock_(clock), ttl_attribute_(std::move(ttl_attribute)) {}

  const char* Name() const override { return "users.ExpiryFilter"; }

  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    const auto item = Item::FromEncoded(value.ToString());
    if (!item) return false;  // kept, so that a reader reports the broken data
    const auto expires = item->FindNumber(ttl_attribute_);
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now()).time_since_epoch();
    return expires && *expires <= now.count();
  }

 private:
  const Clock& clock_;
  const std::string ttl_attribute_;
};

}  // namespace

std::unique_ptr<rocksdb::CompactionFilter> MakeExpiryFilter(const Clock& clock,
                                                            std::string ttl_attribute) {
  return std::make_unique<ExpiryFilter>(clock, std::move(ttl_attribute));
}

}  // namespace users::storage::local
