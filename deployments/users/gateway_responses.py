"""What API Gateway answers by itself, in the shape and with the codes of the service's own errors.

Every text is fixed: those of AWS repeat what the caller sent. A signature, a token or a path that API Gateway does not
know is 401; it does not tell an unknown path from an unsigned request.
"""
import dataclasses
import json

from aws_cdk import aws_apigateway as apigateway

JSON = "application/json"
EVERY_ANSWER = {"X-Correlation-Id": "context.requestId", "Cache-Control": "'no-store'"}
MORE_HEADERS = {
    "AUTHENTICATION_ERROR": {"WWW-Authenticate": "'AWS4-HMAC-SHA256'"},
    "THROTTLED": {"Retry-After": "'1'"},
    "UNAVAILABLE": {"Retry-After": "'1'"},
}


@dataclasses.dataclass(frozen=True)
class Answer:
    code: str
    message: str
    status: int | None = None  # none: API Gateway's own
    field: str | None = None

    def options(self) -> dict:
        details = {}
        if self.field:
            details["errors"] = [{"field": self.field, "message": self.message}]
        body = {"code": self.code, "message": self.message, "details": details}
        return {
            "status_code": str(self.status) if self.status else None,
            "response_headers": EVERY_ANSWER | MORE_HEADERS.get(self.code, {}),
            "templates": {JSON: json.dumps(body)},
        }


_UNSIGNED = Answer("AUTHENTICATION_ERROR", "The request is not signed, or there is no such path and method.", 401)
_BAD_SIGNATURE = Answer("AUTHENTICATION_ERROR", "The signature is not valid.", 401)
_FORBIDDEN = Answer("FORBIDDEN", "The policy does not allow this request.", 403)
_UNAVAILABLE = Answer("UNAVAILABLE", "The service could not answer. Try again.", 503)
_INTERNAL = Answer("INTERNAL_ERROR", "Something went wrong.", 500)

ANSWERS = {
    "MISSING_AUTHENTICATION_TOKEN": _UNSIGNED,
    "UNAUTHORIZED": _UNSIGNED,
    "INVALID_SIGNATURE": _BAD_SIGNATURE,
    "EXPIRED_TOKEN": _BAD_SIGNATURE,
    "ACCESS_DENIED": _FORBIDDEN,
    "WAF_FILTERED": _FORBIDDEN,
    "BAD_REQUEST_BODY": Answer("VALIDATION_ERROR", "The body is not what this operation takes.", 400, field="body"),
    "BAD_REQUEST_PARAMETERS": Answer("VALIDATION_ERROR", "A parameter is missing.", 400),
    "RESOURCE_NOT_FOUND": Answer("NOT_FOUND", "There is no such path.", 404),
    "UNSUPPORTED_MEDIA_TYPE": Answer("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json.", 415),
    "THROTTLED": Answer("THROTTLED", "Too many requests. Try again.", 429),
    "QUOTA_EXCEEDED": Answer("THROTTLED", "Too many requests. Try again.", 429),
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "INTEGRATION_TIMEOUT": _UNAVAILABLE,
    "API_CONFIGURATION_ERROR": _INTERNAL,
    # A status here would replace those of all answers that have no line of their own.
    "DEFAULT_4XX": Answer("VALIDATION_ERROR", "The request is not valid."),
    "DEFAULT_5XX": Answer("INTERNAL_ERROR", "Something went wrong."),
}


def add_gateway_responses(api: apigateway.RestApi) -> None:
    for response_type, answer in ANSWERS.items():
        api.add_gateway_response(response_type, type=apigateway.ResponseType.of(response_type), **answer.options())
