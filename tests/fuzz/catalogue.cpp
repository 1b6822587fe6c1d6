// The role catalogue (domain/role_catalogue.h). The first line of the input is the ARN of a caller
// who assigns roles and deletes users. The file follows.
#include <algorithm>
#include <boost/json/parse.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text/text.h"
#include "domain/role_catalogue.h"
#include "fuzz.h"
#include "reference.h"

namespace users::fuzz {
namespace {

namespace bj = boost::json;

bool IsIn(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == text.npos;
}

void CheckRole(const domain::Role& role) {
  PROMISE(!role.name.empty() && role.name.size() <= 64 && role.name[0] >= 'a');
  PROMISE(IsIn(role.name, "abcdefghijklmnopqrstuvwxyz0123456789-"));
  PROMISE(CountCodePoints(role.description) <= 256);
  PROMISE(role.permissions.size() <= 64);
  for (const std::string& permission : role.permissions) {
    PROMISE(!permission.empty() && permission.size() <= 128);
    PROMISE(permission.find_first_of(" ,\"\\\n") == std::string::npos);
  }
}

void CheckAccepted(const domain::RoleCatalogue& catalogue, const bj::value& file,
                   std::string_view arn) {
  const bj::object& root = file.as_object();
  PROMISE(root.at("version") == 1);
  const bj::array& roles = root.at("roles").as_array();
  PROMISE(roles.size() <= 256);
  std::vector<std::string> names = {"no-such-role-"};
  std::set<std::string> all_permissions;
  for (const bj::value& role : roles) {
    const std::string name(role.at("name").as_string());
    const domain::Role* found = catalogue.Find(name);
    PROMISE(found != nullptr && found->name == name);
    PROMISE(found->description == role.at("description").as_string());
    CheckRole(*found);
    std::set<std::string> permissions;
    for (const bj::value& permission : role.at("permissions").as_array()) {
      permissions.emplace(permission.as_string());
    }
    // Permissions are sorted and unique, as in a set.
    PROMISE(std::equal(permissions.begin(), permissions.end(), found->permissions.begin(),
                       found->permissions.end()));
    all_permissions.merge(permissions);
    names.push_back(name);
    const auto* grantable_by = role.as_object().if_contains("grantableBy");
    PROMISE(catalogue.MayGrant(name, arn) ==
            (grantable_by == nullptr || AnyMatchesByTable(*grantable_by, arn)));
  }
  PROMISE(std::set<std::string>(names.begin(), names.end()).size() == roles.size() + 1);
  const auto permissions = catalogue.PermissionsOf(names);
  PROMISE(std::equal(permissions.begin(), permissions.end(), all_permissions.begin(),
                     all_permissions.end()));
  const auto* deletable_by = root.if_contains("deletableBy");
  PROMISE(catalogue.MayDelete(arn) ==
          (deletable_by == nullptr || AnyMatchesByTable(*deletable_by, arn)));
  PROMISE(catalogue.Find(names[0]) == nullptr && catalogue.MayGrant(names[0], arn));
}

void Test(std::string_view input) {
  const std::string_view arn = TakeLine(input);
  if (!IsValidUtf8(arn)) return;
  const auto parsed = domain::RoleCatalogue::Parse(input);
  if (!parsed.ok()) {
    PROMISE(parsed.error().code == ErrorCode::kValidation && !parsed.error().fields.empty());
    CheckOneLine(InOneLine(parsed.error()));
    return;
  }
  CheckAccepted(*parsed, bj::parse(input), arn);
  PROMISE(!domain::RoleCatalogue::Parse(WithUnknownMember(input)).ok());
}

}  // namespace
}  // namespace users::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  users::fuzz::Test(users::fuzz::AsInput(data, size));
  return 0;
}
