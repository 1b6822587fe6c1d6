"""cfn-lint and checkov check the synthesised templates."""
import pathlib
import sys

import pytest

from .conftest import ENVIRONMENTS, ROOT, run

# Findings of checkov that we accept.
SKIPPED = {
    "CKV_AWS_119": "the tables use AWS's key: a key of our own could be lost, and the data with it",
    "CKV_AWS_158": "the same for log groups",
    "CKV_AWS_173": "the functions' variables contain names, not secrets",
    "CKV_AWS_27": "the check knows only KMS, but a bus cannot send to a queue under AWS's KMS key; SQS's key is on",
    "CKV_AWS_115": "reserved concurrency would reduce the account's; the throttle already bounds the functions",
    "CKV_AWS_116": "the functions are called synchronously; only the relay is not, and its mapping has a destination",
    "CKV_AWS_117": "the functions connect only to AWS's own endpoints, over TLS",
    "CKV_AWS_120": "responses are never cached: every read returns the newest state",
    "CKV_AWS_18": "only Lambda writes the bucket of failed batches, and CloudTrail records the operators who read it",
    "CKV_AWS_21": "its objects have unique names, are never overwritten and expire after 35 days",
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


def test_checkov_finds_only_accepted_findings(assembly, checkov):
    done = checkov(SKIPPED, *(assembly / f"users-{name}-stack.template.json" for name in ENVIRONMENTS))
    assert done.returncode == 0, done.stdout


def test_every_skipped_check_has_a_finding(assembly, checkov):
    done = checkov(["CKV_AWS_0"], assembly / "users-dev-stack.template.json")
    assert done.returncode == 1
    assert {line.split()[1].rstrip(":") for line in done.stdout.splitlines()
            if line.startswith("Check:")} == set(SKIPPED)
