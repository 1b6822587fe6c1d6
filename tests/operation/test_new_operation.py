"""CONTRIBUTING.md lists what a new operation needs. This adds one to a copy of the tree, in exactly the places of that
list, and shows that the copy is complete. Leaving out any place is noticed.

The new operation is users_status_update under another name, so this test needs no change when the API changes.
"""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutations"))

import cpp_source  # noqa: E402

OLD, NEW = "users_status_update", "users_state_update"
RENAMED = [(OLD, NEW), (OLD.replace("_", "-"), NEW.replace("_", "-")),
           ("UsersStatusUpdate", "UsersStateUpdate"), ("SetStatus", "SetState"),
           ("/users/{userId}/status", "/users/{userId}/state")]


def renamed(text):
    for old, new in RENAMED:
        text = text.replace(old, new)
    assert text
    return text


class Copy:
    """A copy of the tracked files. `changed` collects what is added or changed."""

    def __init__(self, root):
        self.root = root
        self.changed = set()
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                                check=True, capture_output=True, text=True).stdout
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes((ROOT / name).read_bytes())
                (root / name).chmod((ROOT / name).stat().st_mode)

    def read(self, name):
        return (self.root / name).read_text()

    def write(self, name, text):
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)
        self.changed.add(name)

    def repeat(self, name, pattern):
        """Adds a renamed copy after what the pattern matches."""
        text = self.read(name)
        found = re.search(pattern, text, re.M | re.S)
        assert found, "%s does not contain %s" % (name, pattern)
        self.write(name, text[:found.end()] + renamed(found[0]) + text[found.end():])

    def run(self, *command, **options):
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=1200, **options)
        return done.returncode, done.stdout + done.stderr


def entry(value):
    """A pattern for the operation's entry in a dictionary of Python: its line, and the lines that continue it."""
    return r'^    "%s": %s.*?\n(?=    "|\}|    #)' % (OLD, re.escape(value))


def add_service_method(copy):
    copy.repeat("src/service/user_service.h", r"\n  Task<Result<WriteOutcome>> SetStatus\([^;]*;\n")
    for path in sorted((copy.root / "src/service").glob("*.cpp")):
        source = cpp_source.Source(path.read_text())
        for place in source.named("function", "UserService::SetStatus"):
            definition = source.text[source.tokens[place.first].begin:source.tokens[place.end - 1].end]
            end = source.tokens[place.end - 1].end
            copy.write(str(path.relative_to(copy.root)),
                       source.text[:end] + "\n\n" + renamed(definition) + source.text[end:])


# {the place, as CONTRIBUTING.md names it: a function that adds to it}
PLACES = {
    "src/api/operation_table.inc": lambda copy: copy.repeat(
        "src/api/operation_table.inc", r"^USERS_OPERATION\(UsersStatusUpdate,[^\n]*\n"),
    "src/api/<operation>.cpp": lambda copy: copy.write(
        "src/api/%s.cpp" % NEW, renamed(copy.read("src/api/%s.cpp" % OLD))),
    "src/api/CMakeLists.txt": lambda copy: copy.repeat("src/api/CMakeLists.txt", r"\s%s\.cpp" % OLD),
    "src/service": add_service_method,
    "docs/openapi.yaml": lambda copy: copy.repeat(
        "docs/openapi.yaml", r"^  /users/\{userId\}/status:\n(?:    [^\n]*\n|\n)+"),
    "tests/scenarios/tables": lambda copy: copy.write(
        "tests/scenarios/tables/state.json",
        re.sub(r'("request": "PUT /users/[^/"]+/)status', r"\1state", copy.read("tests/scenarios/tables/status.json"))),
    "lambda/<operation>/main.cpp": lambda copy: copy.write(
        "lambda/%s/main.cpp" % NEW, renamed(copy.read("lambda/%s/main.cpp" % OLD))),
    "tests/packages/events.py": lambda copy: copy.repeat("tests/packages/events.py", entry("(")),
    "deployments/users/api_construct.py": lambda copy: copy.repeat(
        "deployments/users/api_construct.py", entry("(")),
    "deployments/users/lambda_constructs.py": lambda copy: copy.repeat(
        "deployments/users/lambda_constructs.py", entry("Access(")),
    "deployments/users/test_permissions.py": lambda copy: copy.repeat(
        "deployments/users/test_permissions.py", entry("{")),
    "deployments/users/request_models.py": lambda copy: copy.repeat(
        "deployments/users/request_models.py", entry("_body(")),
    "deployments/README.md": lambda copy: copy.repeat(
        "deployments/README.md", r"^\d+\. `users-status-update`[^\n]*\n"),
}


def add_operation(root, *, without=None):
    copy = Copy(root)
    for name, add in PLACES.items():
        if name != without:
            add(copy)
    return copy


@pytest.fixture(scope="module")
def complete(tmp_path_factory):
    """The copy with all places. It uses the tools that are installed in this tree."""
    copy = add_operation(tmp_path_factory.mktemp("complete") / "tree")
    (copy.root / "build").mkdir()
    for tools in ("python", "node"):
        if (ROOT / "build" / tools).exists():
            (copy.root / "build" / tools).symlink_to(ROOT / "build" / tools)
    return copy


def compile_command(copy, file):
    """The command that compiles the file in the preset quick, as far as its syntax check."""
    if not (copy.root / "build/quick").exists():
        code, output = copy.run("cmake", "--preset", "quick", "-Wno-dev")
        assert code == 0, output
    code, output = copy.run("ninja", "-C", "build/quick", "-t", "compdb")
    assert code == 0, output
    commands = [entry["command"] for entry in json.loads(output) if entry["file"] == str(copy.root / file)]
    assert commands, file
    command = re.sub(r"^.*? (?=\S*(?:c|g)\+\+ )", "", commands[0])  # without ccache
    return re.sub(r" -Winvalid-pch -include \S+| -o \S+| -MD| -M[TF] \S+", "", command) + " -fsyntax-only"


def syntax_errors(copy, file):
    command = compile_command(copy, file)
    code, output = copy.run("bash", "-c", "cd build/quick && " + command)
    assert (code == 0) == (not re.search(r"error:", output)), output
    return output if code else ""


def test_contributing_lists_exactly_these_places():
    section = re.search(r"^## A new operation\n(.*?)^## ", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S)[1]
    listed = re.findall(r"^- `([^`]+)`", section, re.M)
    assert sorted(listed) == sorted(PLACES)


def test_complete_operation_passes_static_checks(complete):
    for check in ("scripts/check-names", "scripts/check-layers", "scripts/check-coroutines"):
        assert complete.run(check) == (0, ""), check
    python = subprocess.run([ROOT / "scripts/python-environment"], check=True, capture_output=True, text=True).stdout
    code, output = complete.run(python.strip(), "-m", "openapi_spec_validator", "docs/openapi.yaml")
    assert code == 0, output


def test_complete_operation_compiles(complete):
    for file in ("src/api/%s.cpp" % NEW, "src/api/dispatch.cpp", "src/api/routes.cpp", "lambda/%s/main.cpp" % NEW,
                 next(name for name in complete.changed if re.fullmatch(r"src/service/\w+\.cpp", name))):
        assert syntax_errors(complete, file) == ""


def test_complete_operation_passes_tests_of_infrastructure(complete):
    code, output = complete.run("scripts/test-infrastructure", "-k", "(test_api or test_functions or test_permissions "
                                "or test_stack) and not validated_by_the_gateway", env=os.environ)
    assert code == 0, output


@pytest.mark.parametrize("place", [place for place in PLACES if place != "src/service"])
def test_check_names_reports_missing_place(tmp_path, place):
    code, output = add_operation(tmp_path, without=place).run("scripts/check-names")
    assert code == 1
    assert place.split("/<")[0] in output or "src/api/*.cpp" in output
    assert NEW in output or "UsersStateUpdate" in output


def test_compiler_reports_missing_service_method(tmp_path):
    copy = add_operation(tmp_path / "tree", without="src/service")
    assert "SetState" in syntax_errors(copy, "src/api/%s.cpp" % NEW)
