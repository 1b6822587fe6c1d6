"""A caller. It signs with botocore, uses keep-alive connections, and checks every response against the contract's
rules for all responses, so a test only checks its own subject."""

import http.client
import json
import ssl
import threading
import time
import urllib.parse
import uuid

from harness import ULID
from leaks import sensitive_parts
from signing import boto_sign, hand_sign, utc_now

CODES = {
    400: "VALIDATION_ERROR", 401: "AUTHENTICATION_ERROR", 403: "FORBIDDEN", 404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED", 409: "CONFLICT", 410: "GONE", 412: "PRECONDITION_FAILED", 413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE", 429: "THROTTLED", 431: "PAYLOAD_TOO_LARGE", 500: "INTERNAL_ERROR",
    503: "UNAVAILABLE",
}
REASONS = {"EMAIL_IN_USE", "EXTERNAL_ID_IN_USE", "USER_NAME_IN_USE", "IDEMPOTENCY_KEY_REUSED", "USER_DELETED"}
CONNECTION_LIFE = 30  # seconds without use; the server closes idle connections after 75
TIMEOUT = 60


class Response:
    def __init__(self, status, headers, raw):
        self.status = status
        self.headers = headers  # names in lower case
        self.raw = raw

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.json["code"]

    @property
    def fields(self):
        """The failing fields of a 400."""
        return {error["field"] for error in self.json["details"]["errors"]}

    @property
    def replayed(self):
        return self.headers.get("idempotency-replayed") == "true"

    @property
    def etag(self):
        return self.headers.get("etag")

    def __repr__(self):
        return "<%d %s %s>" % (self.status, self.headers, self.raw[:2000])


def check_response(response, sent_correlation_id=None, malformed=False):
    """Checks the rules for all responses. `malformed`: the request was rejected before it was parsed."""
    headers, status = response.headers, response.status
    assert headers["cache-control"] == "no-store, no-transform", response
    assert headers["content-type"] == "application/json", response
    assert not [name for name in headers if name.startswith("access-control-")], response
    if sent_correlation_id is not None:
        assert headers["x-correlation-id"] == sent_correlation_id, response
    else:
        assert ULID.fullmatch(headers["x-correlation-id"]), response
    assert headers.get("idempotency-replayed", "true") == "true", response
    if status < 300:
        body = response.json
        if "version" in body:
            assert headers["etag"] == '"%d"' % body["version"], response
        else:
            assert "etag" not in headers, response
        return
    body = response.json
    assert list(body) == ["code", "message", "details"], response
    assert body["code"] == CODES[status], response
    assert isinstance(body["message"], str) and body["message"], response
    details = body["details"]
    if status == 400 and not malformed:
        assert list(details) == ["errors"] and details["errors"], response
        for error in details["errors"]:
            assert list(error) == ["field", "message"] and error["message"], response
        assert len({error["field"] for error in details["errors"]}) == len(details["errors"]), response
    elif status == 409:
        assert list(details) == ["reason"] and details["reason"] in REASONS, response
    elif status == 401 and details:
        assert list(details) == ["canonicalRequest", "stringToSign"], response
        assert all(isinstance(text, str) and text for text in details.values()), response
    elif status == 410:
        assert list(details) == ["oldest"] and details["oldest"], response
    elif status == 412:
        assert list(details) == ["currentVersion"] and details["currentVersion"] >= 1, response
    else:
        assert details == {}, response
    assert ("allow" in headers) == (status == 405), response
    assert ("retry-after" in headers) == (status in (429, 503)), response
    if "retry-after" in headers:
        assert int(headers["retry-after"]) >= 1, response
    assert "etag" not in headers and "location" not in headers, response
    assert "idempotency-replayed" not in headers, response


class Client:
    """Signs requests with one key. Thread-safe: each thread has its own connection."""

    def __init__(self, server, key, cafile=None):
        self.server = server
        self.key = key
        self.cafile = cafile
        self._local = threading.local()

    def as_(self, key):
        """A client of the same server with another key."""
        return Client(self.server, key, self.cafile)

    # --- transport

    def _connection(self):
        address = (self.server.host, self.server.port)
        kept = getattr(self._local, "kept", None)
        if kept and kept[1] == address and time.monotonic() - kept[2] < CONNECTION_LIFE:
            connection = kept[0]
        else:
            self.close()
            if self.cafile:
                context = ssl.create_default_context(cafile=str(self.cafile))
                connection = http.client.HTTPSConnection(*address, timeout=TIMEOUT, context=context)
            else:
                connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
        self._local.kept = (connection, address, time.monotonic())
        return connection

    def close(self):
        kept = getattr(self._local, "kept", None)
        if kept:
            kept[0].close()
        self._local.kept = None

    def send(self, method, target, headers, body=b""):
        """Sends exactly this, plus Host and, for a body, Content-Length. Returns the response unchecked."""
        text = "".join("%s: %s\r\n" % pair for pair in headers)
        self.server.observed |= sensitive_parts(("%s %s HTTP/1.1\r\n%s\r\n" % (method, target, text)).encode() + body)
        connection = self._connection()
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            sent = {name.lower() for name, _ in headers}
            if "host" not in sent:
                connection.putheader("Host", self.server.authority)
            for name, value in headers:
                connection.putheader(name, value)
            if body and "content-length" not in sent:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            raw = response.read()
        except Exception:
            self.close()
            raise
        return Response(response.status, {k.lower(): v for k, v in response.getheaders()}, raw)

    # --- signed requests

    def request(self, method, path, body=None, headers=None, query=None, principal=None, signed=True,
                check=True):
        """`path` must be encoded already. `query` is a dict or an encoded string. `body` is a value, which is sent as
        JSON, or bytes. `principal` is a key to use instead of the client's own."""
        headers = dict(headers or {})
        lower = {name.lower(): value for name, value in headers.items()}
        if body is None:
            data = b""
        elif isinstance(body, bytes):
            data = body
        else:
            data = json.dumps(body).encode()
        if body is not None and "content-type" not in lower:
            headers["Content-Type"] = "application/json"
        if isinstance(query, dict):
            query = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
        target = path + ("?" + query if query is not None else "")
        headers = {name: value for name, value in headers.items() if value is not None}
        if signed:
            key = principal or self.key
            if self.server.clock_ahead:
                pairs = hand_sign(key, method, target, [("Host", self.server.authority), *headers.items()], data,
                                  when=utc_now(self.server.clock_ahead))
            else:
                request = boto_sign(key, method, "http://" + self.server.authority + target, data, headers)
                pairs = [(name, str(value)) for name, value in request.headers.items()]
        else:
            pairs = list(headers.items())
        response = self.send(method, target, pairs, data)
        if check:
            check_response(response, lower.get("x-correlation-id"))
        return response

    # --- the operations; most of these helpers expect success

    def create(self, email=None, name="Ada Lovelace", metadata=None, key=None, handles=None, **more):
        """`handles` has externalId, userName or both."""
        body = {"idempotencyKey": key or fresh_key(), "email": email or fresh_email(), "name": name, **(handles or {})}
        if metadata is not None:
            body["metadata"] = metadata
        response = self.request("POST", "/users", body, **more)
        assert response.status == 201, response
        return response

    def new_user(self, **more):
        return self.create(**more).json

    def get(self, user_id):
        response = self.request("GET", "/users/" + user_id)
        assert response.status == 200, response
        return response.json

    def patch(self, user_id, headers=None, **fields):
        body = {"idempotencyKey": fresh_key(), **fields}
        return self.request("PATCH", "/users/" + user_id, body, headers=headers)

    def set_status(self, user_id, status, headers=None):
        return self.request("PUT", "/users/%s/status" % user_id, {"status": status}, headers=headers)

    def assign(self, user_id, role, headers=None):
        return self.request("POST", "/users/%s/roles" % user_id, {"role": role}, headers=headers)

    def remove(self, user_id, role, headers=None):
        path = "/users/%s/roles/%s" % (user_id, urllib.parse.quote(role, safe=""))
        return self.request("DELETE", path, headers=headers)

    def pages(self, path, member, query=None, limit=None):
        """Yields each page of a list as a list of the member's elements, until the last page."""
        query = dict(query or {})
        if limit:
            query["limit"] = str(limit)
        for _ in range(100_000):
            response = self.request("GET", path, query=query or None)
            assert response.status == 200, response
            page = response.json
            assert set(page) - {"nextToken"} == {member}, response
            yield page[member]
            if "nextToken" not in page:
                return
            query["nextToken"] = page["nextToken"]
        raise AssertionError("the list does not end")

    def list_users(self, limit=100, **filters):
        return [user for page in self.pages("/users", "users", filters, limit) for user in page]

    def audit(self, user_id, limit=100, **filters):
        path = "/users/%s/audit" % user_id
        return [entry for page in self.pages(path, "auditLogs", filters, limit) for entry in page]

    def find(self, email=None, **filters):
        """The users with this email address, or with the handle in `filters`."""
        query = filters if email is None else {"email": email, **filters}
        response = self.request("GET", "/users", query=query)
        assert response.status == 200 and set(response.json) == {"users"}, response
        return response.json["users"]


def fresh_key():
    return "key-" + uuid.uuid4().hex


def fresh_email(prefix="User"):
    return "%s.%s@blackbox.example" % (prefix, uuid.uuid4().hex[:16])
