"""scripts/mutants finds the function and the tokens that a mutation names, and reports what it cannot find."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutations"))

import cpp_source  # noqa: E402

SOURCE = '''
#include "service/users.h"  // { no scope }
namespace users::service {
namespace {
constexpr std::size_t kMaxRoles = 50;
template <typename T>
bool IsFull(const std::vector<T>& roles) { return roles.size() >= kMaxRoles; }
}  // namespace
class Roles : public Base {
 public:
  explicit Roles(int max = 3) noexcept : max_{max}, names_(16) { names_.push_back("a } b"); }
  bool operator==(const Roles& other) const { return max_ == other.max_; }
  std::size_t size() const noexcept { return names_.size(); }
 private:
  int max_ = 0;
  std::vector<std::string> names_;
};
Task<Status> Roles::Add(std::string name) {
  if (names_.size() >= kMaxRoles) co_return Error::Of("There are " "too many roles.");
  const auto is_new = [&](const auto& other) { return other != name; };
  co_return co_await Store(R"({"a": "}"})", is_new, 'x');
}
}  // namespace users::service
'''
MUTATION = {"name": "role-limit", "function": "Roles::Add", "replace": "names_.size() >= kMaxRoles",
            "with": "names_.size() > kMaxRoles", "why": "A user has 51 roles", "tests": '["unit_service:Roles.Add*"]'}


def check(directory, source=SOURCE, **changes):
    """Runs scripts/mutants --check on a tree with this source and one mutation. Returns its exit code and errors."""
    members = {**MUTATION, **changes}
    lines = ["%s = %s" % (key, value if value.startswith("[") else "'''%s'''" % value)
             for key, value in members.items() if value is not None]
    files = {"src/service/roles.cpp": source,
             "tests/mutations/mutations.toml": "[[mutation]]\n" + "\n".join(lines) + "\n",
             "tests/unit/CMakeLists.txt": "users_test(unit_service SOURCES roles_test.cpp)\n",
             "tests/unit/roles_test.cpp": "TEST(Roles, AddsFifty) {}\n"}
    for name, text in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    done = subprocess.run([ROOT / "scripts/mutants", "--check", directory], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def test_every_mutation_of_this_project_applies():
    done = subprocess.run([ROOT / "scripts/mutants", "--check"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_accepts_mutation_that_applies(tmp_path):
    assert check(tmp_path) == (0, "")


@pytest.mark.parametrize("source", [
    SOURCE.replace("names_.size() >= kMaxRoles", "names_ . size()\n      >=  // at most\n      kMaxRoles"),
    SOURCE.replace("names_.size() >= kMaxRoles", "names_.size() /* now */>= kMaxRoles"),
    SOURCE.replace("Task<Status> Roles::Add(std::string name) {", "Task<Status>\nRoles::Add(\n    std::string name)\n{"),
    SOURCE.replace("users::service {", "users::storage {"),
    SOURCE.replace("too many", "far too many"),
])
def test_ignores_form_and_neighbouring_text(tmp_path, source):
    assert source != SOURCE
    assert check(tmp_path, source) == (0, "")


def test_joins_split_string_literals(tmp_path):
    assert check(tmp_path, replace='"There are too many roles."', **{"with": '""'}) == (0, "")


def test_finds_constants(tmp_path):
    assert check(tmp_path, function=None, constant="kMaxRoles", replace="= 50", **{"with": "= 51"}) == (0, "")
    assert check(tmp_path, function=None, constant="Roles::max_", replace="= 0", **{"with": "= 1"}) == (0, "")


@pytest.mark.parametrize("changes, fault", [
    ({"function": "Roles::Remove"}, "no function is called Roles::Remove"),
    ({"function": "oles::Add"}, "no function is called oles::Add"),
    ({"function": None, "constant": "kMinRoles"}, "no constant is called kMinRoles"),
    ({"replace": "names_.size() > kMaxRoles"}, "names_.size() > kMaxRoles occurs 0 times in Roles::Add"),
    ({"function": "IsFull"}, "names_.size() >= kMaxRoles occurs 0 times in IsFull"),
    ({"replace": "name"}, "name occurs 2 times in Roles::Add"),
    ({"with": "names_.size()  >=  kMaxRoles"}, "changes nothing"),
    ({"tests": '["unit_storage"]'}, "no test program is called unit_storage"),
    ({"tests": '["unit_service:Roles.Removes*"]'}, "no test is called Roles.Removes*"),
    ({"tests": '["blackbox/test_roles.py"]'}, "tests/blackbox/test_roles.py does not exist"),
    ({"constant": "kMaxRoles"}, "has other members"),
    ({"why": None}, "has other members"),
])
def test_reports_what_it_cannot_find(tmp_path, changes, fault):
    code, errors = check(tmp_path, **changes)
    assert code == 2
    assert "role-limit" in errors and fault in errors


def test_finds_functions_and_constants_of_file():
    found = [(place.kind, place.name.removeprefix("users::service::")) for place in cpp_source.Source(SOURCE).places]
    assert found == [
        ("constant", "kMaxRoles"), ("function", "IsFull"), ("function", "Roles::Roles"),
        ("function", "Roles::operator=="), ("function", "Roles::size"), ("constant", "Roles::max_"),
        ("constant", "Roles::names_"), ("function", "Roles::Add")]
