#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "storage/local/encoding.h"

namespace users::storage::local {
namespace {

using namespace std::string_view_literals;

// Short texts of few characters, so that prefixes and equal texts are common. Includes the extreme
// byte values.
rc::Gen<std::string> AnyKeyPart() {
  return rc::gen::resize(6, rc::gen::container<std::string>(
                                rc::gen::elementOf(std::string("ab#\0\1\x7F\x80\xFF", 8))));
}

TEST(EncodeKey, HasTheDocumentedLayout) {
  EXPECT_EQ(EncodeKey("USER#1", "PROFILE"), "\0\6USER#1PROFILE"sv);
  EXPECT_EQ(EncodeKey("p", ""), "\0\1p"sv);
  EXPECT_EQ(EncodeKey(std::string(300, 'p'), "s"), "\1\x2C" + std::string(300, 'p') + "s");
}

RC_GTEST_PROP(EncodeKey, NeverMergesTwoKeys, ()) {
  const std::string partition_a = *AnyKeyPart();
  const std::string sort_a = *AnyKeyPart();
  const std::string partition_b = *AnyKeyPart();
  const std::string sort_b = *AnyKeyPart();
  const bool same = partition_a == partition_b && sort_a == sort_b;
  RC_ASSERT((EncodeKey(partition_a, sort_a) == EncodeKey(partition_b, sort_b)) == same);
}

RC_GTEST_PROP(EncodeKey, SortsAPartitionBySortKey, ()) {
  const std::string partition = *AnyKeyPart();
  const std::string a = *AnyKeyPart();
  const std::string b = *AnyKeyPart();
  RC_ASSERT((EncodeKey(partition, a) < EncodeKey(partition, b)) == (a < b));
}

RC_GTEST_PROP(DecodeKey, RoundTripsWithEncodeKey, ()) {
  const std::string partition = *AnyKeyPart();
  const std::string sort = *AnyKeyPart();
  const std::string key = EncodeKey(partition, sort);
  const auto decoded = DecodeKey(key);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(decoded->partition == partition);
  RC_ASSERT(decoded->sort == sort);
}

TEST(DecodeKey, RejectsTruncatedKeys) {
  EXPECT_FALSE(DecodeKey(""));
  EXPECT_FALSE(DecodeKey("\0"sv));
  EXPECT_FALSE(DecodeKey("\0\2a"sv));
  EXPECT_FALSE(
      DecodeKey("\xFF\xFF"
                "a"sv));
  EXPECT_TRUE(DecodeKey("\0\0"sv));
}

RC_GTEST_PROP(DecodeKey, HandlesAnyBytes, (std::string bytes)) {
  const auto decoded = DecodeKey(bytes);
  if (decoded) RC_ASSERT(EncodeKey(decoded->partition, decoded->sort) == bytes);
}

// A partition contains exactly the keys from its prefix to its end.
RC_GTEST_PROP(PartitionEnd, EnclosesOnlyItsPartition, ()) {
  const std::string partition = *AnyKeyPart();
  const std::string other = *AnyKeyPart();
  const std::string key = EncodeKey(other, *AnyKeyPart());
  const bool inside = key >= PartitionPrefix(partition) && key < PartitionEnd(partition);
  RC_ASSERT(inside == (other == partition));
}

TEST(PartitionEnd, CarriesIntoTheNextByte) {
  EXPECT_EQ(PartitionEnd("a"), "\0\1b"sv);
  EXPECT_EQ(PartitionEnd("a\xFF"), "\0\2b\0"sv);
  EXPECT_EQ(PartitionEnd("\xFF\xFF"), "\0\3\0\0"sv);
  EXPECT_EQ(PartitionEnd(""), "\0\1"sv);
}

TEST(EncodePosition, IsBigEndian) {
  EXPECT_EQ(EncodePosition(0), "\0\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(EncodePosition(258), "\0\0\0\0\0\0\1\2"sv);
  EXPECT_EQ(DecodePosition(EncodePosition(std::numeric_limits<std::uint64_t>::max())),
            std::numeric_limits<std::uint64_t>::max());
}

RC_GTEST_PROP(EncodePosition, RoundTripsAndKeepsOrder, (std::uint64_t a, std::uint64_t b)) {
  RC_ASSERT(DecodePosition(EncodePosition(a)) == a);
  RC_ASSERT((EncodePosition(a) < EncodePosition(b)) == (a < b));
}

// All keys of partitions with a prefix and a size are at or after their start, and all keys of
// shorter partitions are before it.
RC_GTEST_PROP(StartOfPartitions, IsBeforeThePartitionsOfItsSize, ()) {
  const std::string prefix = *AnyKeyPart();
  const std::string partition = prefix + *AnyKeyPart();
  const std::string key = EncodeKey(partition, *AnyKeyPart());
  RC_ASSERT(key >= StartOfPartitions(prefix, partition.size()));
  RC_ASSERT(key < StartOfPartitions(prefix, partition.size() + 1));
}

}  // namespace
}  // namespace users::storage::local
