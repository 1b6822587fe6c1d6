#include "integrity/raw_store.h"

#include <gtest/gtest.h>

#include <optional>

#include "storage/local/encoding.h"

namespace users::testing {
namespace {

using storage::Item;
using storage::Key;

RawStore::Family FamilyOf(const Key& key) {
  return key.table == storage::Table::kUsers ? RawStore::kUsers : RawStore::kIdempotency;
}

std::string BytesOf(const Key& key) {
  return storage::local::EncodeKey(key.partition, key.sort);
}

void Expect(const rocksdb::Status& status) {
  EXPECT_TRUE(status.ok()) << status.ToString();
}

// The item with `attribute` replaced by the result of `edit`. If the result is empty, the attribute
// is removed.
template <class Edit>
Item Rebuilt(const Item& item, std::string_view attribute, Edit edit) {
  Item rebuilt;
  bool found = false;
  item.ForEach([&](const Item::Attribute& old) {
    std::optional<std::string> value =
        old.type == Item::Type::kNumber ? std::to_string(old.number()) : std::string(old.value);
    if (old.name == attribute) {
      found = true;
      value = edit(old.type, *value);
    }
    if (!value) return;
    if (old.type == Item::Type::kNumber) rebuilt.SetNumber(old.name, std::stoll(*value));
    if (old.type == Item::Type::kString) rebuilt.SetString(old.name, *value);
    if (old.type == Item::Type::kBinary) rebuilt.SetBinary(old.name, *value);
  });
  EXPECT_TRUE(found) << attribute;
  return rebuilt;
}

}  // namespace

RawStore::RawStore(const std::string& data_directory) {
  const rocksdb::ColumnFamilyOptions options;
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, options},
      {"users", options},
      {"idempotency", options},
      {"feed", options},
  };
  rocksdb::DB* db = nullptr;
  Expect(
      rocksdb::DB::Open(rocksdb::DBOptions(), data_directory + "/db", families, &families_, &db));
  db_.reset(db);
}

RawStore::~RawStore() {
  if (db_ == nullptr) return;
  Expect(db_->Flush(rocksdb::FlushOptions(), families_));
  for (auto* family : families_) Expect(db_->DestroyColumnFamilyHandle(family));
  Expect(db_->Close());
}

std::string RawStore::Get(const Key& key) {
  return Get(FamilyOf(key), BytesOf(key));
}
void RawStore::Put(const Key& key, const std::string& bytes) {
  Put(FamilyOf(key), BytesOf(key), bytes);
}
void RawStore::Delete(const Key& key) {
  Delete(FamilyOf(key), BytesOf(key));
}

std::string RawStore::Get(Family family, const std::string& key) {
  std::string bytes;
  const auto status = db_->Get(rocksdb::ReadOptions(), families_[family], key, &bytes);
  EXPECT_TRUE(status.ok()) << status.ToString() << ": " << ::testing::PrintToString(key);
  return bytes;
}
void RawStore::Put(Family family, const std::string& key, const std::string& bytes) {
  Expect(db_->Put(rocksdb::WriteOptions(), families_[family], key, bytes));
}
void RawStore::Delete(Family family, const std::string& key) {
  Get(family, key);  // fails the test if the key is absent
  Expect(db_->Delete(rocksdb::WriteOptions(), families_[family], key));
}

std::vector<std::pair<std::string, std::string>> RawStore::All(Family family) {
  std::vector<std::pair<std::string, std::string>> all;
  const std::unique_ptr<rocksdb::Iterator> it(
      db_->NewIterator(rocksdb::ReadOptions(), families_[family]));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    all.emplace_back(it->key().ToString(), it->value().ToString());
  }
  Expect(it->status());
  return all;
}

std::string RawStore::WriteToOneFile(Family family) {
  Expect(db_->Flush(rocksdb::FlushOptions(), families_[family]));
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
  Expect(db_->CompactRange(options, families_[family], nullptr, nullptr));
  std::vector<rocksdb::LiveFileMetaData> files;
  db_->GetLiveFilesMetaData(&files);
  std::string name;
  for (const auto& file : files) {
    if (file.column_family_name != families_[family]->GetName()) continue;
    EXPECT_EQ(name, "") << "more than one file";
    name = "db" + file.name;
  }
  return name;
}

void RawStore::Swap(const Key& one, const Key& other) {
  const std::string bytes = Get(one);
  Put(one, Get(other));
  Put(other, bytes);
}

void RawStore::Move(const Key& from, const Key& to) {
  Put(to, Get(from));
  Delete(from);
}

void RawStore::Edit(const Key& key, const std::function<Item(Item)>& edit) {
  auto item = Item::FromEncoded(Get(key));
  ASSERT_TRUE(item.has_value());
  Put(key, edit(std::move(*item)).encoded());
}

void RawStore::Cut(const Key& key, std::size_t bytes) {
  std::string left = Get(key);
  ASSERT_LT(bytes, left.size());
  left.resize(left.size() - bytes);
  Put(key, left);
}

Item With(const Item& item, std::string_view attribute, std::string_view value) {
  return Rebuilt(item, attribute,
                 [&](Item::Type, const std::string&) { return std::optional<std::string>(value); });
}

Item Without(const Item& item, std::string_view attribute) {
  return Rebuilt(item, attribute,
                 [](Item::Type, const std::string&) { return std::optional<std::string>(); });
}

Item WithOther(const Item& item, std::string_view attribute) {
  return Rebuilt(item, attribute, [](Item::Type type, std::string value) {
    if (type == Item::Type::kNumber) return std::optional(std::to_string(std::stoll(value) + 1));
    EXPECT_FALSE(value.empty());
    value[value.size() / 2] ^= 1;
    return std::optional(value);
  });
}

}  // namespace users::testing
