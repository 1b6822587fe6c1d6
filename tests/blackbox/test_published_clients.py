"""Callers sign with many different clients. The two published clients here send x-amz-content-sha256 unsigned."""

import httpx
import pytest
import requests
from aws_requests_auth.aws_auth import AWSRequestsAuth
from client import fresh_email, fresh_key
from httpx_aws_auth import AwsCredentials, AwsSigV4Auth
from people import OPERATOR, SESSION_A
from signing import REGION, SERVICE, Key


def with_requests(server, key):
    auth = AWSRequestsAuth(aws_access_key=key.id, aws_secret_access_key=key.secret, aws_token=key.token,
                           aws_host=server.authority, aws_region=REGION, aws_service=SERVICE)

    def call(method, path, **more):
        return requests.request(method, server.url + path, auth=auth, timeout=30, **more)
    return call


def with_httpx(server, key):
    auth = AwsSigV4Auth(AwsCredentials(key.id, key.secret, key.token), REGION)

    def call(method, path, **more):
        return httpx.request(method, server.url + path, auth=auth, timeout=30, **more)
    return call


@pytest.mark.parametrize("key", [OPERATOR, SESSION_A], ids=["long-term", "session"])
@pytest.mark.parametrize("client", [with_requests, with_httpx])
def test_published_client_is_served(server, client, key):
    call = client(server, key)
    email = fresh_email()
    body = {"idempotencyKey": fresh_key(), "email": email, "name": "Ada Lovelace"}
    created = call("POST", "/users", json=body)
    assert created.status_code == 201, created.text
    user = "/users/" + created.json()["userId"]
    assert call("GET", user).json()["email"] == email
    found = call("GET", "/users", params={"status": "active", "email": email})
    assert [each["email"] for each in found.json()["users"]] == [email]
    changed = call("PATCH", user, json={"idempotencyKey": fresh_key(), "name": "Ada King"})
    assert changed.status_code == 200, changed.text
    assert call("POST", user + "/roles", json={"role": "viewer"}).status_code == 200
    assert call("DELETE", user + "/roles/viewer").status_code == 200


@pytest.mark.parametrize("client", [with_requests, with_httpx])
def test_published_client_with_a_wrong_secret_is_rejected(server, client):
    response = client(server, Key(OPERATOR.id, "a-wrong-secret-key"))("GET", "/users", params={"limit": "1"})
    assert response.status_code == 401
    assert response.json()["details"]["canonicalRequest"].startswith("GET\n/users\nlimit=1\nhost:")
