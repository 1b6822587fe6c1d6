#include "service/page_token.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "base/text/text.h"

namespace users::service {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kUser = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

rc::Gen<std::string> AnyPosition() {
  return rc::gen::resize(32, rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()));
}

RC_GTEST_PROP(PageToken, RoundTrips, (std::string filter)) {
  const std::string scope = PageScope({"users_list_query", filter});
  const std::string position = *AnyPosition();
  RC_ASSERT(DecodePageToken(EncodePageToken(position, scope), scope) == std::optional(position));
}

TEST(PageToken, NeedsNoUrlEncoding) {
  const std::string token = EncodePageToken(kUser, PageScope({"users_list_query", "active"}));
  EXPECT_EQ(
      token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
      std::string::npos);
  EXPECT_LE(token.size(), 64U);
}

TEST(PageToken, StaysTheSameAcrossReleases) {
  // Callers keep tokens, so neither the checksum nor the format may ever change.
  const std::string scope = PageScope({"users_list_query", ""});
  EXPECT_EQ(EncodePageToken(kUser, scope),
            "1q2nlAn4zsUcaqs6crOjVTAxQVJaM05ERUtUU1Y0UlJGRlE2OUc1RkFW");
}

TEST(PageToken, IsRejectedWithAnyBitFlipped) {
  const std::string scope = PageScope({"users_list_query", "active"});
  const std::string token = EncodePageToken(kUser, scope);
  for (std::size_t i = 0; i < token.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = token;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_FALSE(DecodePageToken(damaged, scope)) << i << " " << bit;
    }
  }
}

TEST(PageToken, IsRejectedIfTruncatedOrExtended) {
  const std::string scope = PageScope({"users_list_query", "active"});
  const std::string token = EncodePageToken(kUser, scope);
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(DecodePageToken(token.substr(0, size), scope)) << size;
  }
  for (const std::string_view tail : {"A"sv, "AA"sv, "="sv, " "sv, "\0"sv, "\n"sv}) {
    EXPECT_FALSE(DecodePageToken(token + std::string(tail), scope));
  }
  EXPECT_FALSE(DecodePageToken(" " + token, scope));
  EXPECT_FALSE(DecodePageToken(token + token, scope));
}

TEST(PageToken, IsRejectedForAnotherScope) {
  const std::string token = EncodePageToken(kUser, PageScope({"users_list_query", "active"}));
  for (const std::string& scope : {
           PageScope({"users_list_query", ""}),
           PageScope({"users_list_query", "disabled"}),
           PageScope({"users_audit_query", "active"}),
           PageScope({"users_list_query"}),
           PageScope({"users_list_query", "active", ""}),
           PageScope({"users_list_queryactive"}),
           PageScope({}),
           std::string(),
       }) {
    EXPECT_FALSE(DecodePageToken(token, scope));
  }
}

TEST(PageScope, DependsOnPartBoundaries) {
  const std::set<std::string> scopes = {
      PageScope({"a", "b"}), PageScope({"ab"}),         PageScope({"ab", ""}),
      PageScope({"", "ab"}), PageScope({"a", "b", ""}), PageScope({"b", "a"}),
  };
  EXPECT_EQ(scopes.size(), 6U);
}

TEST(PageToken, IsRejectedIfMalformed) {
  const std::string scope = PageScope({"users_list_query", ""});
  for (const std::string& token :
       {std::string(), std::string("x"), std::string("null"), std::string(22, 'A'),
        std::string(43, 'A'), std::string(128, 'A'), std::string(1 << 20, 'A'), std::string(kUser),
        EncodeBase64Url(kUser)}) {
    EXPECT_FALSE(DecodePageToken(token, scope)) << token.substr(0, 50);
  }
}

RC_GTEST_PROP(PageToken, IsRejectedForAnyOtherText, (std::string token)) {
  RC_ASSERT(!DecodePageToken(token, PageScope({"users_list_query", ""})));
}

}  // namespace
}  // namespace users::service
