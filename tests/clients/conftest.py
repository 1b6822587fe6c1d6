"""Fixtures: the document, the code that each generator makes from it, and a server to call."""

import os
import pathlib
import sys

import pytest
import yaml

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "blackbox"))

import generators  # noqa: E402
import harness  # noqa: E402
from people import standard_principals, write_principals  # noqa: E402

DOCUMENT = HERE.parents[1] / "docs/openapi.yaml"


@pytest.fixture(scope="session")
def document():
    return yaml.safe_load(DOCUMENT.read_text())


@pytest.fixture(scope="session")
def generated():
    """generated(name): the directory with the code that the generator made from the document."""
    done = {}

    def directory_of(name):
        if name not in done:
            done[name] = generators.generate(name, DOCUMENT, generators.BUILD / "generated" / name.replace(" ", "-"))
        return done[name]
    return directory_of


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    if not os.access(harness.BINARY, os.X_OK):
        pytest.exit("no usersd at %s: build it, or set USERSD" % harness.BINARY, returncode=3)
    directory = tmp_path_factory.mktemp("server")
    principals = write_principals(directory / "principals.json", standard_principals())
    server = harness.Server(directory, "--principals", principals)
    server.start()
    yield server
    server.stop()
