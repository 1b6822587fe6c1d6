// AWS's own test cases for Signature Version 4 (tests/data/sigv4, from awslabs/aws-c-auth).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/sigv4.h"
#include "base/json/json.h"
#include "base/text/text.h"
#include "support/files.h"

namespace users::aws {
namespace {

// A request of the test cases: HTTP, but with LF line ends and raw bytes in the target.
struct TestRequest {
  std::string method;
  std::string path;
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

TestRequest ParseTestRequest(std::string_view text) {
  TestRequest request;
  const auto take_line = [&] {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
  };
  const std::string_view first = take_line();
  const std::size_t method_end = first.find(' ');
  const std::size_t target_end = first.rfind(' ');
  request.method = first.substr(0, method_end);
  const std::string_view target = first.substr(method_end + 1, target_end - method_end - 1);
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (question != target.npos) request.query = target.substr(question + 1);
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    if (line.front() == ' ') {  // a folded line, which never reaches our signer
      request.headers.back().second += line;
      continue;
    }
    const std::size_t colon = line.find(':');
    request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  request.body = text;
  return request;
}

HeaderFields FieldsOf(const TestRequest& request) {
  HeaderFields fields;
  for (const auto& [name, value] : request.headers) fields.Add(HeaderField{name, value});
  return fields;
}

std::string SignedHeadersOf(const TestRequest& request) {
  std::vector<std::string> names;
  for (const auto& header : request.headers) names.push_back(LowerAscii(header.first));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ";") + name;
  return joined;
}

struct Context {
  Credentials credentials;
  std::string region;
  std::string service;
  Timestamp time;
  PathForm path_form = PathForm::kNormalised;
  bool sign_body = false;
  bool omit_session_token = false;
};

class Sigv4Vectors : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    const auto parsed = json::ParseFile(File("context.json"));
    ASSERT_TRUE(parsed.ok());
    const boost::json::object& json = parsed->as_object();
    const boost::json::object& credentials = json.at("credentials").as_object();
    const auto text = [](const boost::json::object& object, const char* name) {
      const auto* value = object.if_contains(name);
      return value == nullptr ? std::string() : std::string(value->as_string());
    };
    const auto flag = [&](const char* name) {
      const auto* value = json.if_contains(name);
      return value != nullptr && value->as_bool();
    };
    context_.credentials.access_key_id = text(credentials, "access_key_id");
    context_.credentials.secret_access_key = text(credentials, "secret_access_key");
    context_.credentials.session_token = text(credentials, "token");
    context_.region = text(json, "region");
    context_.service = text(json, "service");
    context_.time = *ParseTimestamp(text(json, "timestamp"));
    context_.path_form = flag("normalize") ? PathForm::kNormalised : PathForm::kAsSent;
    context_.sign_body = flag("sign_body");
    context_.omit_session_token = flag("omit_session_token");
  }

  static std::string File(std::string_view name) {
    return testing::ReadAll(TEST_DATA_DIR "/sigv4/" + GetParam() + "/" + std::string(name));
  }

  // Compares the canonical request, the string to sign and the signature of one mode.
  void ExpectCase(const TestRequest& request, std::string_view signed_headers,
                  const std::string& mode) const {
    const HeaderFields fields = FieldsOf(request);
    const RequestView view{request.method, request.path, request.query, fields};
    const std::string canonical =
        CanonicalRequest(view, signed_headers, ToHex(Sha256(request.body)), QueryForm::kCanonical,
                         context_.path_form);
    EXPECT_EQ(canonical, File(mode + "-canonical-request.txt"));
    const std::string amz_date = FormatAmzDate(context_.time);
    const CredentialScope scope{std::string_view(amz_date).substr(0, 8), context_.region,
                                context_.service};
    const std::string string_to_sign = StringToSign(amz_date, scope, canonical);
    EXPECT_EQ(string_to_sign, File(mode + "-string-to-sign.txt"));
    const std::string secret = context_.credentials.secret_access_key;
    EXPECT_EQ(Sign(DeriveSigningKey(secret, scope), string_to_sign), File(mode + "-signature.txt"));
  }

  // The request as signed in header mode, before Authorization is added.
  TestRequest RequestToSign() const {
    TestRequest request = ParseTestRequest(File("request.txt"));
    if (context_.sign_body) {
      request.headers.emplace_back("x-amz-content-sha256", ToHex(Sha256(request.body)));
    }
    return request;
  }

  Context context_;
};

TEST_P(Sigv4Vectors, SignsHeadersAsAwsDoes) {
  TestRequest request = RequestToSign();
  request.headers.emplace_back("X-Amz-Date", FormatAmzDate(context_.time));
  if (!context_.credentials.session_token.empty() && !context_.omit_session_token) {
    request.headers.emplace_back("X-Amz-Security-Token", context_.credentials.session_token);
  }
  ExpectCase(request, SignedHeadersOf(request), "header");
}

TEST_P(Sigv4Vectors, SignsTheQueryAsAwsDoes) {
  TestRequest request = ParseTestRequest(File("query-signed-request.txt"));
  // The signature is added last, after a session token that is not signed.
  const char* first_unsigned =
      context_.omit_session_token ? "&X-Amz-Security-Token=" : "&X-Amz-Signature=";
  ASSERT_NE(request.query.find(first_unsigned), std::string::npos);
  request.query.resize(request.query.find(first_unsigned));
  ExpectCase(request, SignedHeadersOf(request), "query");
}

TEST_P(Sigv4Vectors, SignsWholeRequestsAsAwsDoes) {
  if (context_.omit_session_token) return;  // our signer always signs the token
  const TestRequest request = RequestToSign();
  const TestRequest expected = ParseTestRequest(File("header-signed-request.txt"));
  const auto authorization =
      std::find_if(expected.headers.begin(), expected.headers.end(),
                   [](const auto& header) { return header.first == "Authorization"; });
  ASSERT_NE(authorization, expected.headers.end());

  const HeaderFields fields = FieldsOf(request);
  const RequestView view{request.method, request.path, request.query, fields};
  // SignatureHeaders does not normalise the path, so cases that need that are skipped.
  const std::string hash = ToHex(Sha256(request.body));
  if (CanonicalRequest(view, "", hash, QueryForm::kCanonical, context_.path_form) !=
      CanonicalRequest(view, "", hash, QueryForm::kCanonical, PathForm::kAsSent)) {
    return;
  }
  const auto added = SignatureHeaders(view, request.body, context_.credentials, context_.region,
                                      context_.service, context_.time);
  EXPECT_EQ(added.front().first, "x-amz-date");
  EXPECT_EQ(added.back().first, "authorization");
  EXPECT_EQ(added.back().second, authorization->second);
}

std::vector<std::string> CaseNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA_DIR "/sigv4")) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string NameOf(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Aws, Sigv4Vectors, ::testing::ValuesIn(CaseNames()), NameOf);

TEST(Sigv4Vectors, AreComplete) {
  EXPECT_EQ(CaseNames().size(), 38U);
}

}  // namespace
}  // namespace users::aws
