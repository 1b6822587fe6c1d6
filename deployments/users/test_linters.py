"""cfn-lint and checkov judge the synthesised templates."""
import pathlib
import sys

import pytest

from .conftest import ENVIRONMENTS, ROOT, run

# Findings of checkov that we leave as they are.
SKIPPED = {
    "CKV_AWS_119": "the tables' key is AWS's: a key of our own is one more thing to lose with the data",
    "CKV_AWS_158": "the same for log groups",
    "CKV_AWS_173": "the functions' variables hold names, no secrets",
    "CKV_AWS_27": "the check knows KMS only, and a bus sends to no queue under AWS's key in KMS; SQS's own is on",
    "CKV_AWS_115": "a reserved concurrency would take from the account's what the throttle bounds already",
    "CKV_AWS_116": "functions are called and wait for no event, but the relay, whose mapping has a destination",
    "CKV_AWS_117": "the functions reach AWS's own endpoints only, by TLS",
    "CKV_AWS_120": "answers are never cached: every read returns the newest state",
    "CKV_AWS_18": "the bucket of failed batches is written by Lambda only and read by operators, whom CloudTrail knows",
    "CKV_AWS_21": "its objects have names of their own, are never overwritten and go after 35 days",
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_cfn_lint_finds_no_error(assembly, environment):
    done = run(pathlib.Path(sys.executable).parent / "cfn-lint", "--non-zero-exit-code", "error", "--regions",
               "us-east-1", "--", assembly / f"users-{environment}-stack.template.json")
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="session")
def checkov():
    python = run(ROOT / "scripts/python-environment", "deployments/checkov.txt", check=True).stdout.strip()
    program = pathlib.Path(python).parent / "checkov"

    def check(skipped, *files):
        arguments = [argument for file in files for argument in ("--file", file)]
        return run(python, program, "--framework", "cloudformation", "--compact", "--quiet",
                   "--skip-check", ",".join(skipped), *arguments)
    return check


def test_checkov_finds_nothing_but_what_has_a_reason(assembly, checkov):
    done = checkov(SKIPPED, *(assembly / f"users-{name}-stack.template.json" for name in ENVIRONMENTS))
    assert done.returncode == 0, done.stdout


def test_every_skipped_check_would_find_something(assembly, checkov):
    done = checkov(["CKV_AWS_0"], assembly / "users-dev-stack.template.json")
    assert done.returncode == 1
    assert {line.split()[1].rstrip(":") for line in done.stdout.splitlines()
            if line.startswith("Check:")} == set(SKIPPED)
