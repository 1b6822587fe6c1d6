"""Events of API Gateway: one for each operation, and the expected response on empty tables."""
import json

OPERATOR = "arn:aws:iam::123456789012:user/operator"
NOBODY = "01JD0000000000000000000000"  # a user id that no user has


def proxy_event(method, path, body=None, **path_parameters):
    """The event that API Gateway creates from a signed request."""
    return {"httpMethod": method, "path": path, "resource": path, "headers": {"Content-Type": "application/json"},
            "multiValueHeaders": None, "queryStringParameters": None, "multiValueQueryStringParameters": None,
            "pathParameters": path_parameters or None, "body": body, "isBase64Encoded": False,
            "requestContext": {"requestId": "r", "path": "/v1" + path,
                               "identity": {"userArn": OPERATOR, "accessKey": "AKIAIOSFODNN7EXAMPLE"}}}


def registration(name):
    """A request to register a user with that name."""
    body = {"idempotencyKey": "register-" + name, "email": name + "@example.com", "name": name.title(),
            "metadata": {"secret": "value-of-" + name}, "externalId": "id-of|" + name, "userName": "login-of|" + name}
    return proxy_event("POST", "/users", json.dumps(body))


def status_change(user_id, status):
    return proxy_event("PUT", "/users/%s/status" % user_id, json.dumps({"status": status}), userId=user_id)


# The event and the status of its response. Each response needs the engine: nothing else knows that the user, or any
# user, does not exist.
EVENTS = {
    "users_register_create": (proxy_event("POST", "/users", '{"idempotencyKey": "register-1", '
                                          '"email": "ada@example.com", "name": "Ada"}'), 201),
    "users_profile_get": (proxy_event("GET", "/users/" + NOBODY, userId=NOBODY), 404),
    "users_profile_update": (proxy_event("PATCH", "/users/" + NOBODY, '{"idempotencyKey": "rename-1", "name": "Ada"}',
                                         userId=NOBODY), 404),
    "users_status_update": (proxy_event("PUT", "/users/%s/status" % NOBODY, '{"status": "disabled"}',
                                        userId=NOBODY), 404),
    "users_role_assign": (proxy_event("POST", "/users/%s/roles" % NOBODY, '{"role": "viewer"}', userId=NOBODY), 404),
    "users_role_remove": (proxy_event("DELETE", "/users/%s/roles/viewer" % NOBODY, userId=NOBODY, role="viewer"), 404),
    "users_list_query": (proxy_event("GET", "/users"), 200),
    "users_audit_query": (proxy_event("GET", "/users/%s/audit" % NOBODY, userId=NOBODY), 404),
}
