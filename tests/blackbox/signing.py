"""Two Signature Version 4 signers: botocore's own, and a manual one that can make mistakes on request."""

import datetime
import hashlib
import hmac
import urllib.parse
from dataclasses import dataclass
from typing import Optional

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
SERVICE = "execute-api"


@dataclass(frozen=True)
class Key:
    """An access key and its principal's ARN."""
    id: str
    secret: str
    token: Optional[str] = None
    arn: str = ""

    ALL = set()  # all keys of this session, for test_nothing_leaks.py

    def __post_init__(self):
        Key.ALL.add(self)

    def credentials(self):
        return Credentials(self.id, self.secret, self.token)


def boto_sign(key, method, url, body=b"", headers=None, params=None, region=REGION, signer=SigV4Auth):
    """Signs with botocore. Returns an AWSRequest. botocore signs `params` in canonical form. It sorts a query in the
    URL and signs it without encoding it again."""
    request = AWSRequest(method=method, url=url, data=body or None, headers=dict(headers or {}),
                         params=params or {})
    signer(key.credentials(), SERVICE, region).add_auth(request)
    return request


def utc_now(seconds_off=0):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_off)


def amz_date(time):
    return time.strftime("%Y%m%dT%H%M%SZ")


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_query(query):
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append(tuple(
                urllib.parse.quote(urllib.parse.unquote_to_bytes(x), safe="~") for x in (name, value)))
    return "&".join("%s=%s" % pair for pair in sorted(pairs))


def hand_sign(key, method, target, headers, body=b"", *, when=None, region=REGION, service=SERVICE,
              scope_date=None, signed=None, query_form=canonical_query, path=None, payload_hash=None,
              date_header=True, terminator="aws4_request"):
    """The headers (a list of pairs) with X-Amz-Date, the token and Authorization added. The keyword arguments replace
    the correct values."""
    stamp = amz_date(when or utc_now())
    headers = list(headers)
    if date_header:
        headers.append(("X-Amz-Date", stamp))
    if key.token:
        headers.append(("X-Amz-Security-Token", key.token))
    raw_path, _, query = target.partition("?")
    values = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(" ".join(value.split()))
    names = signed if signed is not None else sorted(values)
    canonical = "\n".join([
        method,
        path if path is not None else urllib.parse.quote(raw_path, safe="/~"),
        query_form(query),
        *["%s:%s" % (name.lower(), ",".join(values.get(name.lower(), []))) for name in names],
        "",
        ";".join(names),
        payload_hash or hashlib.sha256(body).hexdigest(),
    ])
    scope = "/".join([scope_date or stamp[:8], region, service, terminator])
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    secret = ("AWS4" + key.secret).encode()
    for part in scope.split("/"):
        secret = _hmac(secret, part)
    signature = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    headers.append(("Authorization", "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                    % (key.id, scope, ";".join(names), signature)))
    return headers
