"""README.md is correct: names, files, outputs, versions."""
import json
import re

import pytest

from .conftest import DEPLOYMENTS, FUNCTIONS, ROOT

README = (DEPLOYMENTS / "README.md").read_text()


def section(title):
    return re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)[1]


def test_the_project_structure_is_complete():
    named = re.findall(r"── (\S+)", section("Project structure"))
    files = {file.name for folder in (DEPLOYMENTS, DEPLOYMENTS / "users") for file in folder.iterdir()
             if file.suffix in (".py", ".json", ".in", ".txt")}
    sources = {name for name in files if not name.startswith(("test_", "__", "conftest", "template"))}
    assert set(named) == sources | {"users/", "test_*.py"}


def test_functions_match_the_source():
    architecture = section("Lambda functions")
    assert set(re.findall(r"`(users-[a-z]+-[a-z]+)`", architecture.split("### API")[0])) == {
        function.replace("_", "-") for function in FUNCTIONS}


def test_names_match_the_dev_template(templates):
    names = set(re.findall(r"`(user-management-[a-z-]+|/aws/[a-z/-]+)`", section("Architecture")))
    assert len(names) == 4
    for name in names:
        assert f'"{name}"' in templates["dev"].text


def test_outputs_match_the_template(templates):
    assert set(re.findall(r"\*\*(\w+)\*\*", section("Stack outputs"))) == set(templates["dev"].outputs)


def test_tags_match_the_template(templates):
    table = templates["dev"].only("DynamoDB::Table", TableName="user-management-users")
    for tag in table["Tags"]:
        assert f"- `{tag['Key']}`: {tag['Value']}" in section("Resource tagging")


def test_the_number_of_alarms_matches(templates):
    assert len(templates["dev"].of_type("CloudWatch::Alarm")) == 12 and "twelve alarms" in README


@pytest.mark.parametrize("page", ["deployments/README.md", "docs/aws.md"])
def test_every_mention_of_aws_cdk_names_its_version(page):
    version = json.loads((DEPLOYMENTS / "package.json").read_text())["dependencies"]["aws-cdk"]
    mentions = re.findall(r"aws-cdk(@[\d.]+)?", (ROOT / page).read_text())
    assert mentions and set(mentions) == {f"@{version}"}


@pytest.mark.parametrize("page", ["deployments/README.md", "docs/aws.md"])
def test_files_named_in_a_page_exist(page):
    text = (ROOT / page).read_text()
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), target
    for name in re.findall(r"`((?:scripts|src|docs|\.kiro)/[\w./-]+)", text):
        assert (ROOT / name).exists(), name
