"""Runs published generators on an OpenAPI document, and compiles their output.

Each generator has a function (document, directory) that writes the code. `Rejected` is raised with the generator's output
if it does not accept the document, and with the compiler's output if the code does not compile."""

import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
BUILD = REPOSITORY / "build/clients"
NODE_MODULES = BUILD / "node/node_modules"
VENV_BIN = pathlib.Path(sys.executable).parent
LIMIT = 300  # seconds for one program; none needs more than some seconds on an idle machine

# Use the installed compiler, never a downloaded one, and only modules that go.sum names.
GO_ENVIRONMENT = {"GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local"}


class Rejected(Exception):
    """The output of the program that did not accept its input."""


def run(*command, cwd=None, **environment):
    """The standard output of a program that succeeds."""
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=LIMIT,
                          stdin=subprocess.DEVNULL, env={**os.environ, **environment})
    if done.returncode != 0:
        raise Rejected(done.stdout + done.stderr)
    return done.stdout


def openapi_typescript(document, directory):
    run(NODE_MODULES / ".bin/openapi-typescript", document, "-o", directory / "api.d.ts")


def openapi_generator(name):
    def generate(document, directory):
        run(VENV_BIN / "openapi-generator-cli", "generate", "-i", document, "-g", name, "-o", directory,
            "--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false")
    return generate


def oapi_codegen(document, directory):
    program = BUILD / "oapi-codegen"
    run("go", "build", "-o", program, "github.com/deepmap/oapi-codegen/cmd/oapi-codegen", cwd=HERE, **GO_ENVIRONMENT)
    (directory / "api").mkdir()
    run(program, "-generate", "types,client", "-package", "api", "-o", directory / "api/api.gen.go", document)


def openapi_python_client(document, directory):
    settings = directory / "settings.yaml"
    settings.write_text("post_hooks: []\n")
    run(VENV_BIN / "openapi-python-client", "generate", "--path", document, "--output-path", directory / "users_client",
        "--meta", "none", "--config", settings, "--fail-on-warning")


def datamodel_codegen(document, directory):
    run(VENV_BIN / "datamodel-codegen", "--input", document, "--input-file-type", "openapi",
        "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin", "--disable-timestamp",
        "--output", directory / "users_models.py")


GENERATORS = {
    "openapi-typescript": openapi_typescript,
    "openapi-generator typescript-fetch": openapi_generator("typescript-fetch"),
    "openapi-generator go": openapi_generator("go"),
    "oapi-codegen": oapi_codegen,
    "openapi-python-client": openapi_python_client,
    "datamodel-code-generator": datamodel_codegen,
}


def generate(name, document, directory):
    """The newly created directory with the code."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    GENERATORS[name](document, directory)
    return directory


def compile_typescript(directory, *sources, library=True):
    """Type-checks the sources, and writes JavaScript beside them. The packages are found through a link."""
    modules = directory / "node_modules"
    if not modules.exists():
        modules.symlink_to(NODE_MODULES)
    run(NODE_MODULES / ".bin/tsc", "--strict", "--target", "es2022", "--module", "node16", "--moduleResolution", "node16",
        "--lib", "es2022,dom,dom.iterable", "--types", "node", *(["--skipLibCheck"] if library else []), *sources,
        cwd=directory)


def compile_go(directory):
    """Compiles all packages of the directory with the modules that tests/clients/go.mod pins."""
    for name in ("go.mod", "go.sum"):
        shutil.copy(HERE / name, directory / name)
    run("go", "vet", "./...", cwd=directory, **GO_ENVIRONMENT)
