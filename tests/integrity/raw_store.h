#pragma once

#include <rocksdb/db.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/table_store.h"

namespace users::testing {

// The bytes of a stopped store, past all of its rules. What fails here fails the test. Not
// thread-safe.
class RawStore {
 public:
  enum Family { kMeta, kUsers, kIdempotency, kFeed };

  explicit RawStore(const std::string& data_directory);
  ~RawStore();
  RawStore(const RawStore&) = delete;
  RawStore& operator=(const RawStore&) = delete;

  std::string Get(const storage::Key& key);
  void Put(const storage::Key& key, const std::string& bytes);
  void Delete(const storage::Key& key);

  std::string Get(Family family, const std::string& key);
  void Put(Family family, const std::string& key, const std::string& bytes);
  void Delete(Family family, const std::string& key);
  std::vector<std::pair<std::string, std::string>> All(Family family);

  // Writes the family to one file. Returns its name in the data directory.
  std::string WriteToOneFile(Family family);

  // Gives each of the two items the other's bytes.
  void Swap(const storage::Key& one, const storage::Key& other);
  // Moves an item's bytes to another key.
  void Move(const storage::Key& from, const storage::Key& to);
  // Replaces the item's bytes by what `edit` makes of the item.
  void Edit(const storage::Key& key, const std::function<storage::Item(storage::Item)>& edit);
  // Cuts so many bytes off the end of the item.
  void Cut(const storage::Key& key, std::size_t bytes);

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// The item with another value in one attribute, which keeps its type. A number's value is its
// decimal text.
storage::Item With(const storage::Item& item, std::string_view attribute, std::string_view value);
// The item without the attribute.
storage::Item Without(const storage::Item& item, std::string_view attribute);
// The item with a small change in the attribute that keeps its type and its length.
storage::Item WithOther(const storage::Item& item, std::string_view attribute);

}  // namespace users::testing
