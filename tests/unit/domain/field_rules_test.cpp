// Email address, name, reason and idempotency key. For metadata, see metadata_test.cpp.
#include "domain/field_rules.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <regex.h>

#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/text.h"

namespace users::domain {
namespace {

using namespace std::string_view_literals;

using Rule = std::function<std::optional<std::string>(std::string_view, std::string_view,
                                                      json::FieldErrors&)>;

// Returns what the rule stores. A rejection must record one error under its field, an acceptance
// none.
std::optional<std::string> Stored(const Rule& rule, std::string_view text) {
  json::FieldErrors errors;
  auto stored = rule(text, "the.field", errors);
  EXPECT_EQ(errors.empty(), stored.has_value()) << text;
  if (!errors.empty()) {
    EXPECT_EQ(errors.list().size(), 1U);
    EXPECT_EQ(errors.list()[0].field, "the.field");
    EXPECT_FALSE(errors.list()[0].message.empty());
  }
  return stored;
}

std::string Repeat(std::string_view text, std::size_t count) {
  std::string repeated;
  for (std::size_t i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(CheckEmail, AcceptsAddressesOfTheHtmlStandard) {
  for (const std::string_view text : {
           "a@b",
           "ada@example.com",
           "first.last+tag@sub.example.co.uk",
           "A@EXAMPLE.Com",
           "1@2",
           ".a@b",
           "a.@b",
           "a..b@c",
           "!#$%&'*+/=?^_`{|}~-@b",
           "-@b",
           "a@1.2.3.4",
           "a@b-c.d--e",
           "a@xn--bcher-kva.example",
           "a@0",
           "o'neil@example.com",
       }) {
    EXPECT_EQ(Stored(CheckEmail, text), text);
  }
}

TEST(CheckEmail, RejectsOtherAddresses) {
  for (const std::string_view text : {
           ""sv,
           " "sv,
           "a"sv,
           "@"sv,
           "a@"sv,
           "@b"sv,
           "a@@b"sv,
           "a@b@c"sv,
           "a b@c"sv,
           "a@b c"sv,
           "a @b"sv,
           "a@ b"sv,
           "a@-b"sv,
           "a@b-"sv,
           "a@b-.c"sv,
           "a@b.-c"sv,
           "a@.b"sv,
           "a@b."sv,
           "a@b..c"sv,
           "a@."sv,
           "a@-"sv,
           "a@b_c"sv,
           "a@b/c"sv,
           "a@b:25"sv,
           "\"a b\"@c"sv,
           "\"a\"@c"sv,
           "(x)a@b"sv,
           "Ada <a@b>"sv,
           "<a@b>"sv,
           "a@[127.0.0.1]"sv,
           "a@[IPv6:::1]"sv,
           "a,b@c"sv,
           "a;b@c"sv,
           "a\\b@c"sv,
           "a:b@c"sv,
           "a[@c"sv,
           "mailto:a@b"sv,
           "a@b,c@d"sv,
           "\xC3\xA4@b"sv,
           "a@\xC3\xA4.de"sv,
           "a@\xE2\x91\xA0.de"sv,
           "\xC2\xA0"
           "a@b"sv,
           "a@b\n"sv,
           "\ta@b"sv,
           "a@b\t"sv,
           "a@b\r\nBcc: x@y"sv,
           "a\0@b"sv,
           "a@b\0"sv,
           "a@b\x7F"sv,
           "a@b\xC2\x85"sv,
           "a@b\xE2\x80\x8B"sv,
       }) {
    EXPECT_EQ(Stored(CheckEmail, text), std::nullopt) << testing::PrintToString(text);
  }
}

TEST(CheckEmail, TrimsSpaces) {
  EXPECT_EQ(Stored(CheckEmail, "   Ada@Example.com  "), "Ada@Example.com");
}

TEST(CheckEmail, EnforcesLengthLimits) {
  const std::string label(63, 'd');
  const std::string local(64, 'l');
  EXPECT_TRUE(Stored(CheckEmail, "a@" + label));
  EXPECT_FALSE(Stored(CheckEmail, "a@" + label + "d"));
  EXPECT_FALSE(Stored(CheckEmail, "a@b." + label + "d.c"));
  EXPECT_TRUE(Stored(CheckEmail, local + "@b"));
  EXPECT_FALSE(Stored(CheckEmail, local + "l@b"));
  // 64 + 1 + 63 + 1 + 63 + 1 + 61 = 254
  const std::string longest = local + "@" + label + "." + label + "." + std::string(61, 'd');
  ASSERT_EQ(longest.size(), 254U);
  EXPECT_EQ(Stored(CheckEmail, longest), longest);
  EXPECT_EQ(Stored(CheckEmail, "  " + longest + "  "), longest);
  EXPECT_FALSE(Stored(CheckEmail, longest + "d"));
  EXPECT_FALSE(Stored(CheckEmail, "a@" + Repeat(label + ".", 1000) + "d"));
}

// The standard's own expression, compiled for the POSIX matcher.
class StandardsExpression {
 public:
  StandardsExpression() {
    constexpr const char* kText =
        "^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
        "(\\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$";
    if (::regcomp(&compiled_, kText, REG_EXTENDED | REG_NOSUB) != 0) std::abort();
  }
  ~StandardsExpression() { ::regfree(&compiled_); }
  bool Matches(const std::string& text) const {
    return ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0;
  }

 private:
  regex_t compiled_;
};

RC_GTEST_PROP(CheckEmail, AgreesWithTheStandardsExpression, ()) {
  static const StandardsExpression standard;
  const auto part = rc::gen::resize(
      6, rc::gen::container<std::string>(rc::gen::elementOf(std::string("aZ0.-.-_@ +ab01"))));
  const std::string text = *part + "@" + *part;
  RC_ASSERT(Stored(CheckEmail, text).has_value() ==
            standard.Matches(std::string(TrimSpaces(text))));
}

TEST(CheckIdentifier, AcceptsUpTo255CodePointsAfterTrimming) {
  for (const std::string_view text :
       {"a"sv, "Ada Lovelace"sv, "\xF0\x9F\x98\x80"sv, "\xC2\xA0"sv}) {
    EXPECT_EQ(Stored(CheckIdentifier, text), text);
  }
  EXPECT_EQ(Stored(CheckIdentifier, "  E 1 "), "E 1");
  EXPECT_EQ(Stored(CheckIdentifier, Repeat("x", 255)), Repeat("x", 255));
  EXPECT_EQ(Stored(CheckIdentifier, "  " + Repeat("\xF0\x9F\x98\x80", 255) + " "),
            Repeat("\xF0\x9F\x98\x80", 255));
  for (const std::string& text :
       {std::string(), std::string("   "), Repeat("x", 256), Repeat("\xF0\x9F\x98\x80", 256)}) {
    EXPECT_EQ(Stored(CheckIdentifier, text), std::nullopt) << text;
  }
}

TEST(CheckIdentifier, RejectsControlCharacters) {
  for (const std::string_view control :
       {"\0"sv, "\t"sv, "\x1F"sv, "\x7F"sv, "\xC2\x80"sv, "\xC2\x9F"sv}) {
    EXPECT_EQ(Stored(CheckIdentifier, "a" + std::string(control) + "b"), std::nullopt);
    EXPECT_EQ(Stored(CheckIdentifier, std::string(control)), std::nullopt);
  }
}

TEST(IsRoleName, AcceptsTheSyntaxOfTheCatalogue) {
  for (const std::string& name :
       {std::string("a"), std::string("a-0"), std::string("z9-"), "a" + Repeat("b", 63)}) {
    EXPECT_TRUE(IsRoleName(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("0a"), std::string("-a"), std::string("a_b"),
        std::string("a b"), std::string("a#b"), "a" + Repeat("b", 64)}) {
    EXPECT_FALSE(IsRoleName(name)) << name;
  }
}

TEST(CheckName, TrimsSpacesAndKeepsTheRest) {
  EXPECT_EQ(Stored(CheckName, "Ada"), "Ada");
  EXPECT_EQ(Stored(CheckName, "  Ada  Lovelace "), "Ada  Lovelace");
  EXPECT_EQ(Stored(CheckName, "\xC2\xA0"), "\xC2\xA0");
  EXPECT_EQ(Stored(CheckName, "\xE2\x80\xA8"), "\xE2\x80\xA8");
  EXPECT_EQ(Stored(CheckName, "\"<script>\\"), "\"<script>\\");
}

TEST(CheckName, CountsCodePointsAfterTrimming) {
  EXPECT_EQ(Stored(CheckName, ""), std::nullopt);
  EXPECT_EQ(Stored(CheckName, "   "), std::nullopt);
  EXPECT_TRUE(Stored(CheckName, std::string(256, 'x')));
  EXPECT_FALSE(Stored(CheckName, std::string(257, 'x')));
  EXPECT_TRUE(Stored(CheckName, "  " + Repeat("\xF0\x9F\x98\x80", 256) + "  "));
  EXPECT_FALSE(Stored(CheckName, Repeat("\xF0\x9F\x98\x80", 257)));
  EXPECT_FALSE(Stored(CheckName, Repeat("\xC3\xA4", 257)));
}

TEST(CheckName, RejectsControlCharacters) {
  for (const std::string_view control : {"\0"sv, "\t"sv, "\n"sv, "\r"sv, "\x1B"sv, "\x1F"sv,
                                         "\x7F"sv, "\xC2\x80"sv, "\xC2\x85"sv, "\xC2\x9F"sv}) {
    const std::string text(control);
    EXPECT_FALSE(Stored(CheckName, "a" + text + "b")) << testing::PrintToString(text);
    EXPECT_FALSE(Stored(CheckName, text + "ab"));
    EXPECT_FALSE(Stored(CheckName, "ab" + text));
    EXPECT_FALSE(Stored(CheckName, text));
  }
}

TEST(CheckAuditReason, AcceptsOneTo256PrintableAsciiCharactersAfterTrimming) {
  EXPECT_EQ(Stored(CheckAuditReason, "r"), "r");
  EXPECT_EQ(Stored(CheckAuditReason, "  a  b ~ "), "a  b ~");
  EXPECT_EQ(Stored(CheckAuditReason, " " + std::string(256, '!')), std::string(256, '!'));
  EXPECT_FALSE(Stored(CheckAuditReason, std::string(257, '!')));
  for (const std::string_view text :
       {""sv, " "sv, "\t"sv, "a\tb"sv, "a\n"sv, "\0"sv, "\x7F"sv, "\x1F"sv, "\xC3\xA4"sv}) {
    EXPECT_FALSE(Stored(CheckAuditReason, text)) << text;
  }
}

TEST(CheckIdempotencyKey, AcceptsOneTo255PrintableAsciiCharacters) {
  EXPECT_EQ(Stored(CheckIdempotencyKey, "k"), "k");
  EXPECT_EQ(Stored(CheckIdempotencyKey, "a b ~"), "a b ~");
  EXPECT_EQ(Stored(CheckIdempotencyKey, std::string(255, '!')), std::string(255, '!'));
  EXPECT_FALSE(Stored(CheckIdempotencyKey, ""));
  EXPECT_FALSE(Stored(CheckIdempotencyKey, std::string(256, '!')));
}

// A signature folds the spaces of a header, so keys must not differ in them alone.
TEST(CheckIdempotencyKey, RejectsSpacesThatASignatureFolds) {
  for (const char* key : {" ", "  ", " a", "a ", "a  b", "a   b", "a b  c"}) {
    EXPECT_FALSE(Stored(CheckIdempotencyKey, key)) << "'" << key << "'";
  }
}

TEST(CheckIdempotencyKey, ChecksEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string key{'a', static_cast<char>(byte), 'b'};
    EXPECT_EQ(Stored(CheckIdempotencyKey, key).has_value(), byte >= 0x20 && byte <= 0x7E) << byte;
  }
}

}  // namespace
}  // namespace users::domain
