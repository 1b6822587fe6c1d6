// ChainVerifier detects every entry that is changed, dropped, inserted, moved or erased.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/chain.h"
#include "audit/entry_json.h"
#include "base/json/json.h"
#include "support/audit_entries.h"
#include "support/sealed_entries.h"

namespace users::audit {
namespace {

struct Chain {
  std::vector<boost::json::object> entries;
  Sha256Digest head{};

  void Append(domain::AuditEntry entry) {
    testing::SealWithRandomSalt(entry, head);
    head = entry.hash;
    const auto parsed = json::Parse(EntryJson(entry, EntryView::kWhole));
    entries.push_back(parsed->value.as_object());
  }
};

Chain ChainOf(std::uint64_t entries) {
  Chain chain;
  for (std::uint64_t version = 1; version <= entries; ++version) {
    domain::AuditEntry entry =
        version % 2 == 0 ? testing::EntryOfTheFirstForm(version) : testing::UnsealedEntry(version);
    if (version % 3 == 0) {
      entry.reason = "ticket";
      entry.role = "admin";
      entry.status = "active";
    }
    chain.Append(entry);
  }
  return chain;
}

// Returns the first fault, if there is one.
std::optional<std::string> Verify(const Chain& chain) {
  ChainVerifier verifier;
  for (const auto& entry : chain.entries) {
    if (auto fault = verifier.Add(entry)) return fault;
  }
  return verifier.Finish(&chain.head);
}

std::size_t AnyIndex(const Chain& chain) {
  return *rc::gen::inRange<std::size_t>(0, chain.entries.size());
}

// A chain, the index of one of its entries and the name of one of that entry's members.
struct Target {
  Chain chain = ChainOf(*rc::gen::inRange<std::uint64_t>(1, 6));
  std::size_t index = AnyIndex(chain);
  std::string member = PickMember();

  std::string PickMember() const {
    const auto& entry = chain.entries[index];
    const auto at = *rc::gen::inRange<std::size_t>(0, entry.size());
    return std::string((entry.begin() + static_cast<std::ptrdiff_t>(at))->key());
  }
  boost::json::value& value() { return chain.entries[index][member]; }
};

// Returns another value, of the same kind if possible.
boost::json::value Altered(const boost::json::value& value) {
  if (value.is_string()) {
    std::string text(value.get_string());
    if (text.empty() || *rc::gen::inRange(0, 4) == 0) return boost::json::string(text + "0");
    char& c = text[*rc::gen::inRange<std::size_t>(0, text.size())];
    c = c == '0' ? '1' : '0';
    return boost::json::string(text);
  }
  if (value.is_int64()) return value.get_int64() + *rc::gen::element<std::int64_t>(-1, 1, 256);
  if (value.is_array()) {
    boost::json::array names = value.get_array();
    names.push_back("roles");
    return names;
  }
  boost::json::object changes = value.get_object();
  if (*rc::gen::inRange(0, 2) == 0) {
    changes["added"] = "x";
  } else {
    changes.erase(changes.begin());
  }
  return changes;
}

RC_GTEST_PROP(Chain, VerifiesIfIntact, ()) {
  RC_ASSERT(Verify(ChainOf(*rc::gen::inRange<std::uint64_t>(1, 12))) == std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsChangedMember, ()) {
  Target target;
  target.value() = Altered(target.value());
  RC_ASSERT(Verify(target.chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsMemberOfAnotherType, ()) {
  Target target;
  target.value() = *rc::gen::element(boost::json::value(nullptr), boost::json::value(true),
                                     boost::json::value(0.5), boost::json::value("x"),
                                     boost::json::value(boost::json::array()));
  RC_ASSERT(Verify(target.chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsDroppedMember, ()) {
  Target target;
  target.chain.entries[target.index].erase(target.member);
  RC_ASSERT(Verify(target.chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsAddedMember, ()) {
  Target target;
  target.chain.entries[target.index]["added"] = "x";
  RC_ASSERT(Verify(target.chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsDroppedEntry, ()) {
  Chain chain = ChainOf(*rc::gen::inRange<std::uint64_t>(1, 6));
  chain.entries.erase(chain.entries.begin() + static_cast<std::ptrdiff_t>(AnyIndex(chain)));
  RC_ASSERT(Verify(chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsInsertedEntry, ()) {
  Chain chain = ChainOf(*rc::gen::inRange<std::uint64_t>(1, 6));
  // An entry of this chain, or one of another chain of the same user.
  const Chain other = ChainOf(6);
  const auto source = *rc::gen::element(0, 1) == 0 ? chain.entries : other.entries;
  const auto at = *rc::gen::inRange<std::size_t>(0, chain.entries.size() + 1);
  const auto from = *rc::gen::inRange<std::size_t>(0, source.size());
  chain.entries.insert(chain.entries.begin() + static_cast<std::ptrdiff_t>(at), source[from]);
  RC_ASSERT(Verify(chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsReorderedEntries, ()) {
  Chain chain = ChainOf(*rc::gen::inRange<std::uint64_t>(2, 6));
  const std::size_t a = AnyIndex(chain);
  const std::size_t further = *rc::gen::inRange<std::size_t>(1, chain.entries.size());
  const std::size_t b = (a + further) % chain.entries.size();
  std::swap(chain.entries[a], chain.entries[b]);
  RC_ASSERT(Verify(chain) != std::nullopt);
}

RC_GTEST_PROP(Chain, DetectsReplacedEntry, ()) {
  Chain chain = ChainOf(5);
  const Chain other = ChainOf(5);
  const std::size_t at = AnyIndex(chain);
  chain.entries[at] = other.entries[at];
  RC_ASSERT(Verify(chain) != std::nullopt);
}

// If every hash after the change is recomputed, the head in the user record still differs.
TEST(Chain, DetectsRewrittenHistoryByItsHead) {
  const Chain original = ChainOf(3);
  Chain rewritten = ChainOf(3);
  EXPECT_EQ(Verify(rewritten), std::nullopt);
  rewritten.head = original.head;
  EXPECT_NE(Verify(rewritten), std::nullopt);
}

TEST(Chain, DetectsDecreasingTimestamps) {
  Chain chain = ChainOf(2);
  domain::AuditEntry earlier = testing::UnsealedEntry(3);
  earlier.timestamp = testing::kMorning + std::chrono::milliseconds(1);
  chain.Append(earlier);
  const auto fault = Verify(chain);
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("entry 3"), std::string::npos) << *fault;
}

TEST(Chain, AcceptsEqualTimestamps) {
  Chain chain = ChainOf(2);
  domain::AuditEntry same = testing::UnsealedEntry(3);
  same.timestamp = testing::kMorning + std::chrono::milliseconds(2);
  chain.Append(same);
  EXPECT_EQ(Verify(chain), std::nullopt);
}

TEST(Chain, DetectsEntryOfAnotherUserAndGap) {
  Chain foreign = ChainOf(1);
  domain::AuditEntry entry = testing::UnsealedEntry(2);
  entry.user_id = "01ARZ3NDEKTSV4RRFFQ69G5FAZ";
  foreign.Append(entry);
  EXPECT_NE(Verify(foreign), std::nullopt);

  Chain of_a_subject = ChainOf(1);
  entry.user_id.clear();
  entry.subject = "catalogue";
  of_a_subject.Append(entry);
  EXPECT_NE(Verify(of_a_subject), std::nullopt);

  Chain gap = ChainOf(1);
  gap.Append(testing::UnsealedEntry(3));
  EXPECT_NE(Verify(gap), std::nullopt);

  Chain late;
  late.Append(testing::UnsealedEntry(2));
  EXPECT_NE(Verify(late), std::nullopt);
}

}  // namespace
}  // namespace users::audit
