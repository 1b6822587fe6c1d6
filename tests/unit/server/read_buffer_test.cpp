#include "server/read_buffer.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <string>

namespace users::server {
namespace {

void Append(ReadBuffer& buffer, std::string_view bytes) {
  const auto room = buffer.Reserve(bytes.size());
  ASSERT_GE(room.size(), bytes.size());
  if (!bytes.empty()) std::memcpy(room.data(), bytes.data(), bytes.size());
  buffer.Commit(bytes.size());
}

// A text that grows at its end and shrinks at its front is the model.
RC_GTEST_PROP(ReadBuffer, KeepsTheBytesThatWereNotDropped, ()) {
  ReadBuffer buffer;
  std::string model;
  const auto steps = *rc::gen::container<std::vector<std::pair<std::string, std::size_t>>>(
      rc::gen::pair(rc::gen::arbitrary<std::string>(), rc::gen::inRange<std::size_t>(0, 200)));
  for (const auto& [bytes, dropped] : steps) {
    Append(buffer, bytes);
    model += bytes;
    const std::size_t size = std::min(dropped, model.size());
    buffer.Drop(size);
    model.erase(0, size);
    buffer.ReleaseIfLarge(16);
    RC_ASSERT(buffer.bytes() == model);
  }
}

TEST(ReadBuffer, ReleasesMemoryOnlyIfEmptyAndLarge) {
  ReadBuffer buffer;
  Append(buffer, std::string(100, 'x'));
  const std::size_t capacity = buffer.capacity();
  ASSERT_GE(capacity, 100U);
  buffer.ReleaseIfLarge(50);
  EXPECT_EQ(buffer.capacity(), capacity);
  buffer.Drop(100);
  buffer.ReleaseIfLarge(capacity);
  EXPECT_EQ(buffer.capacity(), capacity);
  buffer.ReleaseIfLarge(capacity - 1);
  EXPECT_EQ(buffer.capacity(), 0U);
}

}  // namespace
}  // namespace users::server
