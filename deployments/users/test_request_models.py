"""The models, tested with the same table of bodies as the service's validation
(tests/unit/api/request_bodies_test.cpp)."""
import json
import os

import pytest

from .conftest import ROOT, run

CASES = json.loads((ROOT / "tests/data/request_bodies.json").read_text())


@pytest.fixture(scope="session")
def models(templates):
    """{operation: schema}."""
    operations = {case["operation"] for case in CASES}
    return {operation: templates["dev"].only("ApiGateway::Model", Name=name)["Schema"]
            for operation in operations for name in ["".join(word.capitalize() for word in operation.split("_"))]}


@pytest.fixture(scope="session")
def evaluate(node_tools, models):
    """Returns for each case whether the models accept it."""
    def evaluated(cases, changed=None):
        questions = [{"model": case["operation"], "body": case["body"]} for case in cases]
        lines = [json.dumps(line) for line in [models | (changed or {}), *questions]]
        done = run("node", ROOT / "tests/gateway/evaluate.js", input="\n".join(lines),
                   env=os.environ | {"NODE_PATH": str(node_tools.parent)})
        assert done.returncode == 0, done.stderr
        return [json.loads(response) for response in done.stdout.splitlines()]
    return evaluated


def disagreements(cases, verdicts):
    return [f"{case['operation']}, {case['why']}" for case, accepted in zip(cases, verdicts, strict=True)
            if accepted != case["gateway"]]


def test_models_accept_and_reject_as_the_table_says(evaluate):
    assert disagreements(CASES, evaluate(CASES)) == []


def test_models_reject_only_what_the_service_rejects():
    assert [case["why"] for case in CASES if case["service"] and not case["gateway"]] == []
    assert {case["operation"] for case in CASES if case["gateway"]} == {
        case["operation"] for case in CASES if not case["gateway"]}


@pytest.mark.parametrize("field, pattern, noticed_by", [
    ("email", r"^ *\S+@\S+ *$", "two @"),
    ("email", r"^[a-z.0-9]+@[a-z.]+$", "spaces around it"),
    ("name", r"^ *(?! )[^\u0000-\u001F\u007F-\u009F]{1,256} *$", "256 emoji"),
    ("name", r"^[^\u0000-\u001F\u007F-\u009F]{1,256}$", "256 characters and spaces"),
])
def test_slightly_wrong_pattern_is_detected(evaluate, models, field, pattern, noticed_by):
    model = json.loads(json.dumps(models["users_register_create"]))
    model["properties"][field] = {"type": "string", "pattern": pattern}
    verdicts  = evaluate(CASES, {"users_register_create": model})
    assert f"users_register_create, {field}: {noticed_by}" in disagreements(CASES, verdicts)


def test_patterns_work_in_older_engines(models):
    text = json.dumps(models)
    for construct in ("(?<", "\\\\p{", "\\\\u{", "\\\\d", "\\\\w", "\\\\s", "\\\\S"):
        assert construct not in text
