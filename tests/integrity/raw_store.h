#pragma once

#include <rocksdb/db.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/table_store.h"

namespace users::testing {

// Reads and writes the bytes of a stopped store without the store's own checks. A failed operation
// fails the test. The destructor writes the changes to disk. Not thread-safe.
class RawStore {
 public:
  // The column families of the database.
  enum Family { kMeta, kUsers, kIdempotency, kFeed };

  // Opens the database in the data directory.
  explicit RawStore(const std::string& data_directory);
  ~RawStore();
  RawStore(const RawStore&) = delete;
  RawStore& operator=(const RawStore&) = delete;

  // Access to items by key. Get and Delete fail the test if the key is absent.
  std::string Get(const storage::Key& key);
  void Put(const storage::Key& key, const std::string& bytes);
  void Delete(const storage::Key& key);

  // Access to any column family by encoded key.
  std::string Get(Family family, const std::string& key);
  void Put(Family family, const std::string& key, const std::string& bytes);
  void Delete(Family family, const std::string& key);
  // All (key, value) pairs of the family, in key order.
  std::vector<std::pair<std::string, std::string>> All(Family family);

  // Writes the family to one file. Returns its name in the data directory.
  std::string WriteToOneFile(Family family);

  // Swaps the bytes of the two items.
  void Swap(const storage::Key& one, const storage::Key& other);
  // Moves the item's bytes to another key.
  void Move(const storage::Key& from, const storage::Key& to);
  // Replaces the item by the result of `edit`.
  void Edit(const storage::Key& key, const std::function<storage::Item(storage::Item)>& edit);
  // Removes `bytes` bytes from the end of the item.
  void Cut(const storage::Key& key, std::size_t bytes);

 private:
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

// The item with `value` in the attribute, which keeps its type. For a number, `value` is decimal
// text.
storage::Item With(const storage::Item& item, std::string_view attribute, std::string_view value);
// The item without the attribute.
storage::Item Without(const storage::Item& item, std::string_view attribute);
// The item with a small change to the attribute's value, which keeps its type and length.
storage::Item WithOther(const storage::Item& item, std::string_view attribute);

}  // namespace users::testing
