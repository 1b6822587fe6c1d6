"""Fixtures: the template that `cdk synth` generates for the real packages, and the stand-in for API Gateway in front
of them on DynamoDB Local."""
import os
import pathlib
import sys

import pytest

sys.dont_write_bytecode = True
TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "packages")]

from callers import Callers  # noqa: E402
from functions import Functions  # noqa: E402
from gateway import Gateway, serve  # noqa: E402
from models import Models  # noqa: E402
from programs import responding  # noqa: E402
from stream import create_tables, delete_tables  # noqa: E402
from template import Template  # noqa: E402

REPOSITORY = TESTS.parent
PACKAGES = REPOSITORY / "build/lambda"
ASSEMBLY = pathlib.Path(os.environ.get("ASSEMBLY") or REPOSITORY / "build/assembly")
NODE_MODULES = REPOSITORY / "build/node/node_modules"
SETUP = TESTS / "scenarios/tables/setup"


@pytest.fixture(scope="session")
def template():
    path = ASSEMBLY / "users-dev-stack.template.json"
    if not path.exists():
        pytest.exit("no template at %s" % path, returncode=3)
    return Template(path)


@pytest.fixture(scope="session")
def engine():
    """The URL of DynamoDB Local."""
    with responding([str(TESTS / "engines/start"), "dynamodb-local", "{port}"]) as url:
        yield url


class Deployment:
    """The part of the stack that can run here."""

    def __init__(self, template, engine, folder, **environment):
        self.engine = engine
        names = [table["TableName"] for table in template.of_type("DynamoDB::Table").values()]
        self.tables = sorted(names, key=lambda name: "idempotency" in name)  # the users table first
        self.stream = create_tables(engine, *self.tables)
        self.functions = Functions(template, PACKAGES, folder, engine, **environment)
        self.models = Models(template, NODE_MODULES)
        self.gateway = Gateway(template, Callers(SETUP / "principals.json"), self.models, self.functions)
        self.servers = serve(self.gateway, self.empty)

    def empty(self):
        delete_tables(self.engine, *self.tables)
        self.stream = create_tables(self.engine, *self.tables)

    @property
    def ports(self):
        return [server.port for server in self.servers]

    def close(self):
        for server in self.servers:
            server.close()
        self.functions.close()
        self.models.close()
        delete_tables(self.engine, *self.tables)


@pytest.fixture
def deploy(template, engine, tmp_path):
    """deploy(NAME=value...): the stack on empty tables, with additional variables in the functions' environment."""
    deployments = []

    def make(**environment):
        deployments.append(Deployment(template, engine, tmp_path, **environment))
        return deployments[-1]
    yield make
    for deployment in deployments:
        deployment.close()
