"""cdk-nag: it does find faults, and each finding that we accept has a reason."""
import json

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_sqs as sqs

from .conftest import ENVIRONMENTS

ACCEPTED = {"COG4", "APIG3", "S1", "SQS3", "IAM4", "IAM5"}


def test_a_faulty_stack_does_not_pass(tmp_path):
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    sqs.Queue(cdk.Stack(app, "Faulty"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_every_finding_is_accepted_with_a_reason(assembly):
    assert len(list(assembly.glob("users-*-stack.template.json"))) == 3
    assert json.loads((assembly / "validation-report.json").read_text())["pluginReports"] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_acceptance_has_one_finding_and_a_reason(assembly, environment):
    metadata = json.loads((assembly / f"users-{environment}-stack.metadata.json").read_text())
    accepted = {}
    for entries in metadata.values():
        for entry in entries:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                accepted |= entry["data"]
    assert {finding.removeprefix("Annotation::AwsSolutions-").split("[")[0] for finding in accepted} == ACCEPTED
    assert all(reason.endswith(".") for reason in accepted.values())
