"""The commands of README.md that need no account, run without an account."""
import json

import pytest

from .template import Template

STACKS = ["users-dev-stack", "users-prod-stack", "users-staging-stack"]


def test_cdk_list(cdk, assembly):
    done = cdk("list", "--app", assembly)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == STACKS


@pytest.mark.parametrize("difference", [False, True])
def test_cdk_diff(cdk, assembly, tmp_path, difference):
    deployed = json.loads((assembly / "users-dev-stack.template.json").read_text())
    if difference:
        del deployed["Outputs"]["ApiId"]
    template = tmp_path / "deployed.json"
    template.write_text(json.dumps(deployed))
    done = cdk("diff", "users-dev-stack", "--app", assembly, "--template", template, "--fail")
    assert done.returncode == (1 if difference else 0), done.stdout + done.stderr
    assert ("ApiId" in done.stdout + done.stderr) is difference


def environments_of(assembly):
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    return {artifacts[stack]["environment"] for stack in STACKS}


def test_account_region_and_topic_are_used(cdk, packages, tmp_path):
    topic = "arn:aws:sns:eu-central-1:123456789012:on-call"
    done = cdk("synth", "--quiet", "--context", f"packages={packages}", "--context", f"alarmTopic={topic}",
               "--output", tmp_path, CDK_DEFAULT_ACCOUNT="123456789012", AWS_REGION="eu-central-1")
    assert done.returncode == 0, done.stderr
    assert environments_of(tmp_path) == {"aws://123456789012/eu-central-1"}
    alarms = Template(json.loads((tmp_path / "users-dev-stack.template.json").read_text())).of_type("CloudWatch::Alarm")
    assert alarms and all(alarm["AlarmActions"] == [topic] for alarm in alarms)


def test_templates_without_account_and_region_fit_any(assembly):
    assert environments_of(assembly) == {"aws://unknown-account/unknown-region"}


def test_missing_packages_are_reported_with_the_build_command(cdk, packages, tmp_path):
    for package in packages.iterdir():
        if package.stem != "users_list_query":
            (tmp_path / package.name).write_bytes(package.read_bytes())
    done = cdk("synth", "--context", f"packages={tmp_path}", "--output", tmp_path / "assembly")
    assert done.returncode != 0
    expected = f"{tmp_path}/users_list_query.zip is missing. Build the functions' packages first: scripts/package"
    assert expected in done.stderr
