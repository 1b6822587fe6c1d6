"""Generated clients call the real server."""

import importlib
import json
import shutil
import time

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

import generators
from conftest import HERE
from people import OPERATOR
from signing import Key


def test_a_typescript_client(generated, server):
    directory = generated("openapi-typescript")
    for source in (HERE / "testdata/typescript").iterdir():
        shutil.copy(source, directory / source.name)
    (directory / "package.json").write_text('{"type": "module"}')
    generators.compile_typescript(directory, "session.ts", "aws4.d.ts")
    result = json.loads(generators.run("node", directory / "session.js", server.url, OPERATOR.id, OPERATOR.secret))
    assert 1 <= result.pop("correlated") <= 128
    assert result == {
        "names": ["Ada", "Ada King"], "roles": ["VIEWER"], "found": [[True, 5]], "actors": [OPERATOR.arn],
        "handles": ["hr|0042", "ada.k", "none", "ada.k"], "listed": [True, True], "stale": [412, 5], "bad": ["VALIDATION_ERROR", ["email"]]}


class Signed(httpx.Auth):
    """Signs the requests of httpx with botocore's signer."""
    requires_request_body = True

    def __init__(self, key):
        self.key = key

    def auth_flow(self, request):
        kept = {name: request.headers[name] for name in request.headers
                if name in ("content-type", "if-match", "idempotency-key", "x-correlation-id")}
        signed = AWSRequest(method=request.method, url=str(request.url), data=request.content, headers=kept)
        SigV4Auth(self.key.credentials(), "execute-api", "us-east-1").add_auth(signed)
        request.headers.update(dict(signed.headers))
        yield request


@pytest.fixture
def api(generated, monkeypatch):
    """api("users.users_profile_get"): the generated module."""
    monkeypatch.syspath_prepend(str(generated("openapi-python-client")))
    return lambda name: importlib.import_module("users_client." + name)


def test_a_python_client(api, server):
    models = api("models")
    client = api("client").Client(base_url=server.url, httpx_args={"auth": Signed(OPERATOR)})

    registration = models.UserRegistration("python-1", "grace@python.example", "Grace", models.Metadata.from_dict(
        {"team": "compilers"}))
    user = api("api.users.users_register_create").sync(client=client, body=registration)
    assert isinstance(user, models.User) and user.roles == [] and user.status == models.Status.ACTIVE
    assert user.created_at.timestamp() <= time.time() + 300

    change = models.ProfileChange("python-2", name="Grace Hopper")
    done = api("api.users.users_profile_update").sync_detailed(
        user.user_id, client=client, body=change, if_match='"1"', x_correlation_id="from-python")
    assert done.status_code == 200 and done.headers["X-Correlation-Id"] == "from-python"
    assert done.parsed.name == "Grace Hopper" and done.parsed.metadata.to_dict() == {"team": "compilers"}

    roles = api("api.roles.users_role_assign").sync(
        user.user_id, client=client, body=models.RoleAssignment("viewer"), idempotency_key="python 3")
    assert roles.roles == ["viewer"] and roles.version == 3
    status = api("api.users.users_status_update").sync(
        user.user_id, client=client, body=models.StatusChange(models.Status.DISABLED))
    assert status.status == models.Status.DISABLED

    linked = api("api.users.users_profile_update").sync(
        user.user_id, client=client, body=models.ProfileChange("python-5", external_id="hr|0043", user_name="grace.h"))
    assert (linked.external_id, linked.user_name) == ("hr|0043", "grace.h")
    for query in ({"status": models.Status.DISABLED}, {"external_id": "hr|0043"}, {"user_name": "GRACE.H"},
                  {"role": "viewer"}):
        page = api("api.users.users_list_query").sync(client=client, limit=100, **query)
        assert user.user_id in [one.user_id for one in page.users]
    unlinked = api("api.users.users_profile_update").sync(
        user.user_id, client=client, body=models.ProfileChange("python-6", user_name=None))
    assert unlinked.external_id == "hr|0043" and not unlinked.user_name
    log = api("api.audit.users_audit_query").sync(user.user_id, client=client)
    assert [entry.action for entry in log.audit_logs] == [
        "USER_CREATED", "USER_UPDATED", "ROLE_ASSIGNED", "STATUS_CHANGED", "USER_UPDATED", "USER_UPDATED"]

    stale = api("api.roles.users_role_remove").sync_detailed(user.user_id, "viewer", client=client, if_match='"1"')
    assert (stale.status_code, stale.parsed.details.current_version) == (412, 6)
    taken = api("api.users.users_register_create").sync(
        client=client, body=models.UserRegistration("python-4", "GRACE@python.example", "Grace"))
    assert isinstance(taken, models.ApiError) and taken.details.reason == models.ConflictReason.EMAIL_IN_USE
    impostor = Signed(Key(OPERATOR.id, "not the secret of the operator"))
    mismatch = api("api.users.users_profile_get").sync_detailed(
        user.user_id, client=api("client").Client(base_url=server.url, httpx_args={"auth": impostor}))
    assert mismatch.status_code == 401 and mismatch.headers["X-Correlation-Id"]
    assert mismatch.parsed.details.canonical_request.startswith("GET\n/users/%s\n" % user.user_id)
    assert mismatch.parsed.details.string_to_sign.startswith("AWS4-HMAC-SHA256\n")
    unknown = api("api.users.users_profile_get").sync_detailed(
        user.user_id, client=api("client").Client(base_url=server.url))
    assert unknown.status_code == 401 and unknown.parsed.code == models.ErrorCode.AUTHENTICATION_ERROR
