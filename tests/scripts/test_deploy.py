"""scripts/deploy passes AWS credentials to the CDK only, not to builds, tests and installations."""

import os
import pathlib
import shutil
import subprocess

import pytest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "scripts/deploy"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret-of-the-operator",
               "AWS_SESSION_TOKEN": "token-of-the-operator", "AWS_PROFILE": "operator", "AWS_REGION": "eu-central-1"}
STEPS = {
    "scripts/package": "",
    "scripts/test-infrastructure": "",
    "scripts/install-node-tools": 'echo "$ROOT/bin"',
    "scripts/python-environment": 'echo "$ROOT/bin/python"',
    "bin/cdk": "",
}


@pytest.fixture
def deploy(tmp_path):
    """deploy(*arguments): runs the script among stand-ins. By stand-in: its arguments, and its variables."""
    for name, response in STEPS.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        record = tmp_path / ("seen." + file.name)
        file.write_text('#!/bin/sh\nprintf "%%s\\n" "$@" >"%s.arguments"\nenv >"%s"\n%s\n' % (record, record, response))
        file.chmod(0o755)
    shutil.copy(DEPLOY, tmp_path / "scripts/deploy")
    (tmp_path / "deployments").mkdir()

    def run(*arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        done = subprocess.run([tmp_path / "scripts/deploy", *arguments], capture_output=True, text=True, timeout=60,
                              env={**environment, **CREDENTIALS, "ROOT": str(tmp_path)})
        assert done.returncode == 0, done.stderr
        seen = {}
        for name in STEPS:
            record = tmp_path / ("seen." + pathlib.Path(name).name)
            variables = dict(line.split("=", 1) for line in record.read_text().splitlines() if "=" in line)
            seen[name] = pathlib.Path(str(record) + ".arguments").read_text().split(), variables
        return seen
    return run


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_only_the_cdk_sees_credentials(deploy, options):
    seen = deploy("dev", *options)
    arguments, variables = seen.pop("bin/cdk")
    assert arguments[:2] == ["diff" if options else "deploy", "users-dev-stack"]
    assert {name: variables.get(name) for name in CREDENTIALS} == CREDENTIALS
    for step, (_, variables) in seen.items():
        assert not set(variables) & set(CREDENTIALS), step
        assert not any(secret in value for value in variables.values() for secret in CREDENTIALS.values()), step
        # No other programs are found in their place.
        assert variables["AWS_SHARED_CREDENTIALS_FILE"] == variables["AWS_CONFIG_FILE"] == os.devnull, step
        assert variables["AWS_EC2_METADATA_DISABLED"] == "true", step
