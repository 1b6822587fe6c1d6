"""Synthesises the app once, without an account. All tests read its output."""
import json
import os
import pathlib
import subprocess
import sys
import zipfile

import pytest

from .template import Template

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOYMENTS = ROOT / "deployments"
ENVIRONMENTS = ("dev", "staging", "prod")
FUNCTIONS = sorted(main.parent.name for main in (ROOT / "lambda").glob("*/main.cpp"))


def run(*command: str | pathlib.Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd=DEPLOYMENTS, capture_output=True, text=True, **options)


@pytest.fixture(scope="session")
def node_tools() -> pathlib.Path:
    """The folder of the programs that npm installed."""
    return pathlib.Path(run(ROOT / "scripts/install-node-tools", check=True).stdout.strip())


@pytest.fixture(scope="session")
def without_account() -> dict[str, str]:
    """Environment variables without account, region or credentials."""
    python = pathlib.Path(sys.executable).parent
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return others | {"PATH": f"{python}:{os.environ['PATH']}", "AWS_EC2_METADATA_DISABLED": "true",
                     "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                     "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20"}


@pytest.fixture(scope="session")
def cdk(node_tools, without_account):
    """Runs the CDK's command line without an account."""
    return lambda *arguments, **more: run(node_tools / "cdk", *arguments, env=without_account | more)


@pytest.fixture(scope="session")
def packages(tmp_path_factory) -> pathlib.Path:
    """Stand-ins for the packages that scripts/package builds."""
    folder = tmp_path_factory.mktemp("packages")
    for function in FUNCTIONS:
        with zipfile.ZipFile(folder / f"{function}.zip", "w") as package:
            package.writestr("bootstrap", function)
    return folder


@pytest.fixture(scope="session")
def assembly(without_account, packages, tmp_path_factory) -> pathlib.Path:
    """The folder of the app's output, with all templates."""
    folder = tmp_path_factory.mktemp("assembly")
    done = run(sys.executable, "app.py", env=without_account | {
        "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps({"packages": str(packages)})})
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def templates(assembly) -> dict[str, Template]:
    """The templates, by environment."""
    return {name: Template(json.loads((assembly / f"users-{name}-stack.template.json").read_text()))
            for name in ENVIRONMENTS}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def environment(request) -> str:
    return request.param


@pytest.fixture(scope="session")
def template(templates, environment) -> Template:
    return templates[environment]


@pytest.fixture(scope="session")
def named(environment):
    """Makes the physical name that a resource has in the environment."""
    return lambda name: name if environment == "dev" else f"{name}-{environment}"
