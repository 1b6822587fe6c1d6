"""The saved queries: their log groups, and that each field they use is written there."""
import re

import pytest

from .api_construct import ACCESS_LOG
from .conftest import FUNCTIONS, ROOT

RELAY = "users_audit_publish"
OF_LOGS = {"@timestamp", "@log"}
EVENT = {f"detail.{name}" for name in re.findall(
    r'\b(?:writer_\.\w+|Optional|Hex)\("(\w+)"', (ROOT / "src/audit/entry_json.cpp").read_text())}
LINE = {"requestId", *re.findall(r'line\.\w+\("(\w+)"', (ROOT / "src/api/access_log.cpp").read_text())}
FIELDS = {"changes-by-principal": EVENT, "role-assignments": EVENT,
          "one-correlation-id": EVENT | LINE | set(ACCESS_LOG), "rejections-by-caller": set(ACCESS_LOG)}


@pytest.fixture
def queries(template, environment):
    return {query["Name"].removeprefix(f"users-{environment}/"): query
            for query in template.of_type("Logs::QueryDefinition")}


@pytest.fixture
def groups(template, queries):
    """The names of the log groups of each query."""
    names = {f"${{{group.id}}}": template.text_of(group["LogGroupName"])
             for group in template.of_type("Logs::LogGroup")}
    return {name: [names[template.text_of(group)] for group in query["LogGroupNames"]]
            for name, query in queries.items()}


def fields_of(query):
    """The fields that a query reads: its words without functions, keywords, texts and the names that it gives."""
    text = re.sub(r'"[^"]*"|/[^/]*/', "", query)
    given = set(re.findall(r"\bas (\w+)", text))
    words = set(re.findall(r"(?<![\w.@])@?[A-Za-z][\w.]*(?!\w*\()", re.sub(r"\b\w+\(", "(", text)))
    return words - given - {"filter", "stats", "fields", "sort", "limit", "by", "as", "and", "or", "like", "asc", "desc"}


def test_there_is_something_to_compare():
    assert {"detail.actor", "detail.salt", "detail.role", "detail.timestamp"} <= EVENT and len(EVENT) == 19
    assert {"principal", "operation", "correlationId", "users", "status"} <= LINE


def test_queries_have_their_log_groups(groups, named):
    audit = named("/aws/events/user-management/audit")
    access = f"/aws/apigateway/{named('user-management-api')}"
    operations = [f"/aws/lambda/{named(function.replace('_', '-'))}" for function in FUNCTIONS if function != RELAY]
    assert {name: sorted(found) for name, found in groups.items()} == {
        "changes-by-principal": [audit], "role-assignments": [audit], "rejections-by-caller": [access],
        "one-correlation-id": sorted([*operations, audit, access])}
    assert all(len(found) <= 50 for found in groups.values())  # the max of a query


def test_queries_read_only_fields_that_their_logs_have(queries):
    assert set(queries) == set(FIELDS)
    for name, query in queries.items():
        read = fields_of(query["QueryString"])
        assert len(read) >= 2 and read <= FIELDS[name] | OF_LOGS, (name, read - FIELDS[name])


def test_no_query_reads_values_of_changes_or_addresses_of_users(queries):
    for query in queries.values():
        assert not re.search(r"changes\.|email|metadata|externalId|userName|@message", query["QueryString"])


@pytest.mark.parametrize("query,expected", [
    ('filter a.b = "x y" and status like /^4/', {"a.b", "status"}),
    ("stats count(*) as n, max(@timestamp) as z by c, coalesce(d, e.f) as g | sort n desc", {"@timestamp", "c", "d", "e.f"}),
])
def test_fields_of_a_query_are_recognised(query, expected):
    assert fields_of(query) == expected


def test_page_describes_every_query(queries):
    page = (ROOT / "docs/aws.md").read_text()
    section = re.search(r"^## Saved queries\n(.*?)^## ", page, re.M | re.S)[1]
    assert set(re.findall(r"^\| `([a-z-]+)`", section, re.M)) == set(queries)
