"""API Gateway's own responses, compared with the service's responses."""
import json
import re

import pytest

from .conftest import ROOT


@pytest.fixture
def responses(template):
    """{type: (status, body, headers)}."""
    prefix = "gatewayresponse.header."
    return {response["ResponseType"]: (
                response.get("StatusCode"),
                json.loads(response["ResponseTemplates"]["application/json"]),
                {name.removeprefix(prefix): value for name, value in response["ResponseParameters"].items()})
            for response in template.of_type("ApiGateway::GatewayResponse")}


def test_codes_and_statuses_match_the_service(responses):
    source = (ROOT / "src/api/response.cpp").read_text()
    known = set(re.findall(r'\{(\d{3}), "(\w+)"\}', source))
    assert len(known) == 14
    for kind, (status, body, _) in responses.items():
        if kind.startswith("DEFAULT"):
            assert status is None and body["code"] in {code for _, code in known}
        else:
            assert (status, body["code"]) in known, kind


def test_error_shape_matches_the_service(responses):
    for _, body, _ in responses.values():
        assert list(body) == ["code", "message", "details"]
        assert body["message"].endswith(".")
        assert set(body["details"]) <= {"errors"}
        for error in body["details"].get("errors", []):
            assert set(error) == {"field", "message"}


def test_messages_are_fixed(responses):
    for _, body, _ in responses.values():
        assert "$" not in json.dumps(body)


@pytest.mark.parametrize("kind, status, code", [
    ("MISSING_AUTHENTICATION_TOKEN", "401", "AUTHENTICATION_ERROR"),
    ("INVALID_SIGNATURE", "401", "AUTHENTICATION_ERROR"),
    ("EXPIRED_TOKEN", "401", "AUTHENTICATION_ERROR"),
    ("ACCESS_DENIED", "403", "FORBIDDEN"),
    ("BAD_REQUEST_BODY", "400", "VALIDATION_ERROR"),
    ("THROTTLED", "429", "THROTTLED"),
    ("INTEGRATION_FAILURE", "503", "UNAVAILABLE"),
    ("INTEGRATION_TIMEOUT", "503", "UNAVAILABLE"),
])
def test_a_rejection_follows_the_contract(responses, kind, status, code):
    assert responses[kind][0] == status and responses[kind][1]["code"] == code


def test_headers_match_the_service(responses):
    for kind, (_, body, headers) in responses.items():
        expected = {"X-Correlation-Id": "context.requestId", "Cache-Control": "'no-store, no-transform'"}
        if body["code"] in ("THROTTLED", "UNAVAILABLE"):
            expected["Retry-After"] = "'1'"
        if body["code"] == "AUTHENTICATION_ERROR":
            expected["WWW-Authenticate"] = "'AWS4-HMAC-SHA256'"
        assert headers == expected, kind
