"""The document fits generators, and its patterns accept every value that the service accepts."""

import json
import re

import jsonschema
import pytest

import generators
from client import Client
from conftest import HERE
from people import OPERATOR

REPOSITORY = generators.REPOSITORY
METHODS = ("get", "post", "put", "patch", "delete")
CASES = json.loads((REPOSITORY / "tests/data/request_bodies.json").read_text())


def operations(document):
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                yield operation


def resolve(document, node):
    if "$ref" not in node:
        return node
    _, components, kind, name = node["$ref"].split("/")
    return document[components][kind][name]


def everything(node, path=()):
    """(path, node) of each object in the document."""
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from everything(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from everything(value, (*path, index))


def test_no_name_is_used_twice(document):
    """Generators put schemas, parameters, headers and responses into one namespace of types."""
    names = [name.lower().replace("-", "") for kind in ("schemas", "responses", "parameters")
             for name in document["components"][kind]]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_no_name_looks_like_a_constructor(document):
    """In Go, NewUser is also the function that makes a User."""
    assert [name for name in document["components"]["schemas"] if re.match("New[A-Z]", name)] == []


def test_no_schema_becomes_another_type(document):
    for path, node in everything(document):
        assert not {"anyOf", "oneOf", "allOf", "not", "uniqueItems"} & set(node), path


def test_every_object_has_a_name(document):
    """A schema without a name becomes an InlineObject, or worse."""
    for path, node in everything(document):
        if node.get("type") == "object" or "properties" in node:
            assert path[:2] == ("components", "schemas") and len(path) == 3, path


def test_every_response_declares_its_headers(document):
    for operation in operations(document):
        for status, reference in operation["responses"].items():
            headers = set(resolve(document, reference)["headers"])
            assert {"X-Correlation-Id", "Cache-Control"} <= headers, (operation["operationId"], status)
            assert ("Retry-After" in headers) == (status in ("429", "503"))
            assert ("WWW-Authenticate" in headers) == (status == "401")


def test_every_error_has_the_one_shape(document):
    for operation in operations(document):
        errors = {status: resolve(document, reference) for status, reference in operation["responses"].items()
                  if status >= "400"}
        assert {"400", "401", "403", "413", "429", "431", "500", "503"} <= set(errors)
        for status, error in errors.items():
            assert error["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ApiError"}, status


def test_the_details_of_a_signature_that_does_not_match(document):
    details = document["components"]["schemas"]["ErrorDetails"]["properties"]
    assert {"canonicalRequest", "stringToSign"} < set(details)
    example = document["components"]["responses"]["Unauthorized"]["content"]["application/json"]["example"]
    assert set(example["details"]) == {"canonicalRequest", "stringToSign"}


def test_a_server_on_aws_can_be_named(document):
    local, aws = document["servers"]
    assert local["url"] == "http://127.0.0.1:8080"
    assert aws["url"] == "https://{apiId}.execute-api.{region}.amazonaws.com/{stage}"
    assert set(aws["variables"]) == {"apiId", "region", "stage"}
    assert aws["variables"]["stage"]["enum"] == ["dev", "staging", "prod"]


def test_examples_fit_their_schemas(document):
    for path, node in everything(document["components"]["schemas"]):
        for example in node.get("examples", []):
            validator(document, node).validate(example)
    for operation in operations(document):
        for body in operation.get("requestBody", {}).get("content", {}).values():
            validator(document, body["schema"]).validate(body["example"])
    for response in document["components"]["responses"].values():
        for body in response["content"].values():
            if "example" in body:
                validator(document, body["schema"]).validate(body["example"])


def test_the_email_pattern_is_that_of_the_service(document):
    shared = json.loads((REPOSITORY / "src/domain/field_limits.json").read_text())
    limits, characters = shared["limits"], shared["characters"]
    end = "[%s]" % characters["domainLabelEnd"]
    label = "%s(?:[%s]{0,%d}%s)?" % (end, characters["domainLabel"], limits["maxDomainLabelBytes"] - 2, end)
    local_part = "[%s]{1,%d}" % (characters["localPart"], limits["maxLocalPartBytes"])
    schemas = document["components"]["schemas"]
    assert schemas["Email"]["pattern"] == r"^ *%s@%s(?:\.%s)* *$" % (local_part, label, label)
    assert schemas["IdempotencyKey"]["maxLength"] == limits["maxIdempotencyKeyBytes"]
    assert schemas["Metadata"]["maxProperties"] == limits["maxMetadataEntries"]


def validator(document, schema):
    return jsonschema.Draft202012Validator({**schema, "components": document["components"]})


def body_schema(document, operation_id):
    operation, = [one for one in operations(document) if one["operationId"] == operation_id]
    return operation["requestBody"]["content"]["application/json"]["schema"]


def accepted_by_python(document, cases):
    return [validator(document, body_schema(document, case["operation"])).is_valid(case["body"]) for case in cases]


def test_bodies_that_the_service_accepts_are_accepted(document):
    """tests/unit/api/request_bodies_test.cpp shows that the service agrees with the table."""
    accepted = accepted_by_python(document, CASES)
    wrong = ["%s, %s" % (case["operation"], case["why"]) for case, valid in zip(CASES, accepted, strict=True)
             if case["service"] and not valid]
    assert wrong == []
    rejected = [not valid for case, valid in zip(CASES, accepted, strict=True) if not case["service"]]
    assert sum(rejected) > len(rejected) / 2


def patterns(document):
    """{name: pattern} of the named schemas."""
    return {name: schema["pattern"] for name, schema in document["components"]["schemas"].items() if "pattern" in schema}


# Text by schema: what the service accepts, and what the pattern must not accept.
TEXTS = {
    "Email": (["ada@example.com", "  ada@example.com ", "a@b", "A.b+c'd@x-1.example", "a" * 64 + "@" + "b" * 63 + ".c"],
              ["", " ", "ada", "ada@", "@b", "a b@c", "a@b@c", "a@-b", "a@b-", "a@b..c", "a" * 65 + "@b", "a@" + "b" * 64]),
    "Name": (["A", " Ada  Lovelace ", "\U0001F600" * 256, "x" * 256 + "   ", "\u00e9\u4e2d"],
             ["", "   ", "a\nb", "a\x7fb", "a\x85b", "\t"]),
    **dict.fromkeys(["ExternalId", "UserName", "ExternalIdChange", "UserNameChange"], (
        ["A", " okta|00u1 abcd ", "\U0001F600" * 255, "x" * 255 + "   "], ["", "   ", "a\nb", "a\x7fb", "a\x85b", "\t"])),
    "IdempotencyKey": (["k", "a b c", "!~", "x" * 255], ["", " a", "a ", "a  b", "a\tb", "\u00e9"]),
    "EntityTags": (['"3"', "*", ' "1" , "2"', 'W/"3"', ',"1",,"2",', '"a", W/"b"', '""', "*  "],
                   ["3", "", "**", '"3', '"a b"', "w/\"3\"", '"1" "2"', ",", '*,"1"']),
    "RoleName": (["viewer", "a", "a-1"], ["", "Viewer", "1a", "a_b", "a" * 65]),
}


@pytest.mark.parametrize("schema", TEXTS)
def test_a_pattern_means_the_same_in_python_ecmascript_and_go(document, schema, tmp_path):
    pattern = patterns(document)[schema]
    good, bad = TEXTS[schema]
    expected = [True] * len(good) + [False] * len(bad)
    assert [re.search(pattern, text) is not None for text in good + bad] == expected
    question = json.dumps({"pattern": pattern, "texts": good + bad})
    for flags in ("", "u"):
        program = ("const {pattern, texts} = JSON.parse(process.argv[1]); const rule = new RegExp(pattern, '%s');"
                   "console.log(JSON.stringify(texts.map((text) => rule.test(text))))" % flags)
        assert json.loads(generators.run("node", "-e", program, question)) == expected
    file = tmp_path / "question.json"
    file.write_text(question)
    response = generators.run("go", "run", HERE / "testdata/match.go", file, **generators.GO_ENVIRONMENT)
    assert json.loads(response) == expected


@pytest.fixture(scope="session")
def somebody(server):
    return Client(server, OPERATOR).new_user()["userId"]


def test_the_server_agrees_on_entity_tags(document, server, somebody):
    caller = Client(server, OPERATOR)
    good, bad = TEXTS["EntityTags"]
    for text in good + bad:
        reply = caller.set_status(somebody, "active", headers={"If-Match": text})
        assert (reply.status != 400) == (text in good), text
