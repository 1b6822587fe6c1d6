"""The callers and their permissions: the principals of a file in usersd's format, evaluated as IAM does for API
Gateway."""
import datetime
import hmac
import json
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from template import listed, matches

REGION = "us-east-1"
MAX_SKEW = datetime.timedelta(minutes=5)


class Rejected(Exception):
    """A rejected request. The text is the type of the gateway response."""


class Callers:
    def __init__(self, path):
        self.keys = {key["accessKeyId"]: (principal, key) for principal in json.loads(path.read_text())["principals"]
                     for key in principal["accessKeys"]}

    def identify(self, request):
        """Returns (principal, access key id) of a signed request."""
        header = request.header("Authorization")
        if not header:
            raise Rejected("MISSING_AUTHENTICATION_TOKEN")
        try:
            parts = dict(part.strip().split("=", 1) for part in header.removeprefix("AWS4-HMAC-SHA256").split(","))
            key_id, day, region, service, _ = parts["Credential"].split("/")
            date = request.header("X-Amz-Date")
            signed_at = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
            names, signature = parts["SignedHeaders"].split(";"), parts["Signature"]
        except (KeyError, TypeError, ValueError):
            raise Rejected("INVALID_SIGNATURE") from None
        if key_id not in self.keys or (region, service) != (REGION, "execute-api") or not date.startswith(day):
            raise Rejected("INVALID_SIGNATURE")
        if abs(datetime.datetime.now(datetime.timezone.utc) - signed_at) > MAX_SKEW:
            raise Rejected("INVALID_SIGNATURE")
        principal, key = self.keys[key_id]
        if request.header("X-Amz-Security-Token") != key.get("sessionToken"):
            raise Rejected("INVALID_SIGNATURE")
        if not hmac.compare_digest(signature, self._signature(request, key, names, date)):
            raise Rejected("INVALID_SIGNATURE")
        return principal, key_id

    @staticmethod
    def _signature(request, key, names, date):
        query = "&".join("%s=%s" % tuple(urllib.parse.quote(part, safe="-_.~") for part in pair)
                         for pair in request.query_pairs())
        sent = AWSRequest(request.method, "http://%s%s?%s" % (request.header("Host"), request.path, query),
                          data=request.body, headers={name: request.signed_header(name) for name in names})
        sent.context["timestamp"] = date
        signer = SigV4Auth(Credentials(key["accessKeyId"], key["secretAccessKey"]), "execute-api", REGION)
        return signer.signature(signer.string_to_sign(sent, signer.canonical_request(sent)), sent)

    @staticmethod
    def authorise(principal, method, path):
        resource = "arn:aws:execute-api:%s:123456789012:api/dev/%s%s" % (REGION, method, path)
        effects = {statement["Effect"] for statement in listed(principal["policy"]["Statement"])
                   if any(matches(action.lower(), "execute-api:invoke") for action in listed(statement["Action"]))
                   and any(matches(pattern, resource) for pattern in listed(statement["Resource"]))}
        if effects != {"Allow"}:
            raise Rejected("ACCESS_DENIED")
