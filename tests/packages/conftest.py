"""Fixtures: the packages that scripts/package built, an engine with empty tables, and a function in an empty root."""
import os
import pathlib
import sys

sys.dont_write_bytecode = True

import pytest  # noqa: E402

from empty_root import ENGINE_HOST, make_root, run_in  # noqa: E402
from programs import responding  # noqa: E402
from runtime_api import RuntimeApi  # noqa: E402
from stream import create_tables  # noqa: E402

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
PRESET = os.environ.get("PRESET") or "lambda"
BUILT = REPOSITORY / ("build/lambda" if PRESET == "lambda" else "build/%s/packages" % PRESET)
PACKAGES = pathlib.Path(os.environ.get("PACKAGES") or BUILT)
FUNCTIONS = sorted(main.parent.name for main in (REPOSITORY / "lambda").glob("*/main.cpp"))
OPERATIONS = [name for name in FUNCTIONS if name != "users_audit_publish"]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDPACKAGES", "AWS_SECRET_ACCESS_KEY": "secret-of-a-test",
               "AWS_REGION": "eu-central-1"}


def package_of(name):
    return PACKAGES / (name + ".zip")


def pytest_generate_tests(metafunc):
    """Runs tests that use `package` once per function, and tests that use `operation_package` once per operation."""
    for fixture, names in (("package", FUNCTIONS), ("operation_package", OPERATIONS)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize(fixture, [package_of(name) for name in names], ids=names)


@pytest.fixture(scope="session", autouse=True)
def packages_are_there():
    missing = [name for name in FUNCTIONS if not package_of(name).exists()]
    if missing:
        pytest.exit("no packages of %s in %s: run scripts/package --preset %s" % (missing, PACKAGES, PRESET), returncode=3)


@pytest.fixture
def engine():
    """The URL of an engine with empty tables, with a host name that only the empty root knows."""
    with responding([str(REPOSITORY / "tests/engines/start"), "dynoxide", "{port}"]) as url:
        create_tables(url)
        yield url.replace("127.0.0.1", ENGINE_HOST)


@pytest.fixture
def run_function(tmp_path):
    """run_function(package, events, **environment): returns the runtime API and the run after the function has ended.
    A variable that is None is not set. `spoil(root)` is called before the start."""
    def run(package, events, spoil=None, **environment):
        root = make_root(tmp_path / "root", package)
        if spoil:
            spoil(root)
        variables = {**CREDENTIALS, "USERS_TABLE_NAME": "users", "IDEMPOTENCY_TABLE_NAME": "idempotency",
                     "ROLE_CATALOG_PATH": "/var/task/roles.json", "EVENT_BUS_NAME": "none", **environment}
        with RuntimeApi(events) as runtime:
            variables["AWS_LAMBDA_RUNTIME_API"] = runtime.address
            given = {name: value for name, value in variables.items() if value is not None}
            ended = run_in(root, given, tmp_path / "calls")
        return runtime, ended
    return run
