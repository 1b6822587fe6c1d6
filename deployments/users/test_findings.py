"""cdk-nag: silence means something, and each thing that we leave as it is has a reason."""
import json

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk import aws_sqs as sqs

from .conftest import ENVIRONMENTS

ACCEPTED = {"COG4", "APIG3", "S1", "SQS3", "IAM4", "IAM5"}


def test_a_stack_with_a_fault_does_not_pass(tmp_path):
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    sqs.Queue(cdk.Stack(app, "Faulty"), "Open")
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS4"):
        app.synth()


def test_nothing_is_found_that_has_no_reason(assembly):
    assert len(list(assembly.glob("users-*-stack.template.json"))) == 3
    assert json.loads((assembly / "validation-report.json").read_text())["pluginReports"] == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_acceptance_names_one_finding_and_its_reason(assembly, environment):
    metadata = json.loads((assembly / f"users-{environment}-stack.metadata.json").read_text())
    accepted = {}
    for entries in metadata.values():
        for entry in entries:
            if entry["type"] == "aws:cdk:acknowledged-rules":
                accepted |= entry["data"]
    assert {finding.removeprefix("Annotation::AwsSolutions-").split("[")[0] for finding in accepted} == ACCEPTED
    assert all(reason.endswith(".") for reason in accepted.values())
