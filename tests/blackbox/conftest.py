"""Fixtures: one server for the whole session, servers with a test's own options, and clients."""

import concurrent.futures
import os
import pathlib
import sys

import pytest

sys.dont_write_bytecode = True
os.environ.setdefault("LSAN_OPTIONS", "print_suppressions=0:suppressions=%s"
                      % (pathlib.Path(__file__).resolve().parent.parent / "lsan.supp"))

import harness  # noqa: E402
from client import Client  # noqa: E402
from harness import Server  # noqa: E402
from people import OPERATOR, standard_principals, write_principals  # noqa: E402
from waits import Waits  # noqa: E402

# These check the whole session, so they run last.
LAST_FILES = ["test_timeouts.py", "test_log_hygiene.py", "test_nothing_leaks.py"]
# These check the servers of their own session, so every part of a run needs them.
FILES_OF_EVERY_PART = {"test_log_hygiene.py", "test_nothing_leaks.py"}


# Tests that start servers of their own. The others share one and are marked `stateless`, for scripts/check.
OWN_SERVERS = {"make_server", "bare_server"}


def pytest_addoption(parser):
    parser.addoption("--part", metavar="N/M", default="1/1",
                     help="run part N of M, which may run at the same time as the others")


def names_of_part(names, part):
    """The files of a part such as "2/3". Each file is in one part, except those that all parts need."""
    number, parts = map(int, part.split("/"))
    rest = sorted(names - FILES_OF_EVERY_PART)
    return FILES_OF_EVERY_PART | set(rest[number - 1::parts])


def pytest_collection_modifyitems(config, items):
    chosen = names_of_part({pathlib.Path(item.fspath).name for item in items}, config.getoption("--part"))
    config.hook.pytest_deselected(items=[item for item in items if pathlib.Path(item.fspath).name not in chosen])
    items[:] = [item for item in items if pathlib.Path(item.fspath).name in chosen]
    for item in items:
        uses = set(item.fixturenames)
        if uses & {"server", "client"} and not uses & OWN_SERVERS and pathlib.Path(item.fspath).name not in LAST_FILES:
            item.add_marker("stateless")
    def place(item):
        name = pathlib.Path(item.fspath).name
        return LAST_FILES.index(name) + 1 if name in LAST_FILES else 0
    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def binary_is_there():
    if not os.access(harness.BINARY, os.X_OK):
        pytest.exit("no usersd at %s: build it, or set USERSD" % harness.BINARY, returncode=3)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """One server for all tests that do not depend on its options or on other users."""
    directory = tmp_path_factory.mktemp("session")
    principals = write_principals(directory / "principals.json", standard_principals())
    server = Server(directory, "--principals", principals, "--log-level", "debug")
    server.start()
    yield server
    if server.running:
        server.stop()


@pytest.fixture(scope="session")
def client(server):
    """A client with the operator's key, which may call every operation."""
    return Client(server, OPERATOR)


@pytest.fixture(scope="session", autouse=True)
def long_waits(request, tmp_path_factory, binary_is_there):
    """The connections that test_timeouts.py checks. They wait from the beginning of the session."""
    if not any(pathlib.Path(item.fspath).name == "test_timeouts.py" for item in request.session.items):
        yield None
        return
    waits = Waits(tmp_path_factory.mktemp("waits"))
    yield waits
    waits.stop()


@pytest.fixture
def make_server(tmp_path):
    """make_server(*options, principals=..., name=...): starts a server for this test with the standard principals.
    At the end, every server must stop cleanly."""
    servers = []

    def make(*options, principals=None, name="own", start=True, **more):
        directory = tmp_path / name
        directory.mkdir(exist_ok=True)
        file = write_principals(directory / "principals.json", principals or standard_principals())
        own = Server(directory, "--principals", file, *options, **more)
        own.principals_file = file
        servers.append(own)
        if start:
            own.start()
        return own

    yield make
    try:
        for own in servers:
            if own.running:
                own.stop()
    finally:
        for own in servers:
            own.kill9()


@pytest.fixture
def bare_server(tmp_path):
    """bare_server(*options): starts a server without a principals file, as a new user would."""
    servers = []

    def make(*options, start=True, **more):
        own = Server(tmp_path / ("bare%d" % len(servers)), *options, **more)
        servers.append(own)
        if start:
            own.start()
        return own

    yield make
    for own in servers:
        own.kill9()


@pytest.fixture(scope="session")
def together():
    """together(count, work): runs work(0) to work(count - 1) concurrently, one thread each. Returns the results."""

    def run(count, work):
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return list(pool.map(work, range(count)))

    return run
