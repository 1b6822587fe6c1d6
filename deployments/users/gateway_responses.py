"""API Gateway's own error responses, in the shape and with the codes of the service's errors.

Every message is fixed, because AWS's messages repeat what the caller sent. API Gateway cannot distinguish an unknown
path from an unsigned request, so both return 401.
"""
import dataclasses
import json

from aws_cdk import aws_apigateway as apigateway

JSON = "application/json"
EVERY_RESPONSE = {"X-Correlation-Id": "context.requestId", "Cache-Control": "'no-store, no-transform'"}
MORE_HEADERS = {
    "AUTHENTICATION_ERROR": {"WWW-Authenticate": "'AWS4-HMAC-SHA256'"},
    "THROTTLED": {"Retry-After": "'1'"},
    "UNAVAILABLE": {"Retry-After": "'1'"},
}


@dataclasses.dataclass(frozen=True)
class Response:
    code: str
    message: str
    status: int | None = None  # None: API Gateway's own status
    field: str | None = None

    def options(self) -> dict:
        details = {}
        if self.field:
            details["errors"] = [{"field": self.field, "message": self.message}]
        body = {"code": self.code, "message": self.message, "details": details}
        return {
            "status_code": str(self.status) if self.status else None,
            "response_headers": EVERY_RESPONSE | MORE_HEADERS.get(self.code, {}),
            "templates": {JSON: json.dumps(body)},
        }


_UNSIGNED = Response("AUTHENTICATION_ERROR", "The request is not signed, or there is no such path and method.", 401)
_BAD_SIGNATURE = Response("AUTHENTICATION_ERROR", "The signature is not valid.", 401)
_FORBIDDEN = Response("FORBIDDEN", "The policy does not allow this request.", 403)
_UNAVAILABLE = Response("UNAVAILABLE", "The service could not respond. Try again.", 503)
_INTERNAL = Response("INTERNAL_ERROR", "Something went wrong.", 500)

RESPONSES = {
    "MISSING_AUTHENTICATION_TOKEN": _UNSIGNED,
    "UNAUTHORIZED": _UNSIGNED,
    "INVALID_SIGNATURE": _BAD_SIGNATURE,
    "EXPIRED_TOKEN": _BAD_SIGNATURE,
    "ACCESS_DENIED": _FORBIDDEN,
    "WAF_FILTERED": _FORBIDDEN,
    "BAD_REQUEST_BODY": Response("VALIDATION_ERROR", "The body is not valid for this operation.", 400, field="body"),
    "BAD_REQUEST_PARAMETERS": Response("VALIDATION_ERROR", "A parameter is missing.", 400),
    "RESOURCE_NOT_FOUND": Response("NOT_FOUND", "There is no such path.", 404),
    "UNSUPPORTED_MEDIA_TYPE": Response("UNSUPPORTED_MEDIA_TYPE", "The body must be application/json.", 415),
    "THROTTLED": Response("THROTTLED", "Too many requests. Try again.", 429),
    "QUOTA_EXCEEDED": Response("THROTTLED", "Too many requests. Try again.", 429),
    "INTEGRATION_FAILURE": _UNAVAILABLE,
    "INTEGRATION_TIMEOUT": _UNAVAILABLE,
    "API_CONFIGURATION_ERROR": _INTERNAL,
    # A status here would replace the status of all response types that are not listed above.
    "DEFAULT_4XX": Response("VALIDATION_ERROR", "The request is not valid."),
    "DEFAULT_5XX": Response("INTERNAL_ERROR", "Something went wrong."),
}


def add_gateway_responses(api: apigateway.RestApi) -> None:
    for response_type, response in RESPONSES.items():
        api.add_gateway_response(response_type, type=apigateway.ResponseType.of(response_type), **response.options())
