"""Collects the data that clients send and no log may contain, and searches logs for it."""

import json
import re
import urllib.parse

from harness import TIMESTAMP, ULID

SHORTEST = 8  # characters; shorter text may occur in a log by chance

_TEXT = rb'"((?:[^"\\]|\\.)*)"'
_SIGNATURE = re.compile(rb"(?i)signature=([0-9a-f]{64})")
_HEADER = re.compile(rb"(?im)^(x-amz-security-token|x-correlation-id): *([^\r\n]+)")
_PERSONAL = re.compile(rb'"(email|name|externalId|userName)"\s*:\s*' + _TEXT)
_METADATA = re.compile(rb'"metadata"\s*:\s*\{((?:\s*' + _TEXT + rb"\s*:\s*" + _TEXT + rb"\s*,?)*)")
_MEMBER = re.compile(_TEXT + rb"\s*:\s*" + _TEXT)
_QUERY = re.compile(rb"\A\S+ [^ ?]*\?(\S+)")


def sensitive_parts(request):
    """The private parts of a request's bytes, as a set of (kind, text). The request may be malformed.
    A log may contain the kind "correlation-id", although the client chose it."""
    found = {("signature", value.decode()) for value in _SIGNATURE.findall(request)}
    for name, value in _HEADER.findall(request):
        text = value.decode("latin-1").strip()
        if name.lower() == b"x-correlation-id":
            found.add(("correlation-id", text))
        elif len(text) >= SHORTEST:
            found.add(("session token", text))
    query = _QUERY.match(request)
    if query and len(query[1]) >= SHORTEST:
        found.add(("query", query[1].decode("latin-1")))
        found |= {(kind, value.strip()) for kind, value in urllib.parse.parse_qsl(query[1].decode("latin-1"))
                  if kind in ("email", "externalId", "userName") and len(value.strip()) >= SHORTEST}
    personal = [(name.decode(), value) for name, value in _PERSONAL.findall(request)]
    for members in _METADATA.findall(request):
        personal += [("metadata", value) for _, value in _MEMBER.findall(members[0])]
    for kind, value in personal:
        try:
            text = json.loads(b'"' + value + b'"').strip()
        except ValueError:
            continue
        if len(text) >= SHORTEST or (kind == "email" and "@" in text.strip("@")):
            found.add((kind, text))
    return found


_HEXADECIMAL = re.compile(r"[0-9a-f]{64}")
# Members whose values have a fixed form that cannot contain private data. (Hexadecimal numbers are compared with the
# signatures.) A value without that form is searched like any other text.
_FORMS = {
    "time": re.compile(TIMESTAMP.pattern + r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "timestamp": TIMESTAMP, "userId": ULID,
    "eventId": ULID, "id": ULID, "hash": _HEXADECIMAL,
    "changesHash": _HEXADECIMAL, "prevHash": _HEXADECIMAL, "address": re.compile(r"[0-9.]+:\d+"),
    "adminAddress": re.compile(r"[0-9.]+:\d+"),
}


class Haystack:
    """The distinct texts of many logs. Most lines differ only in times and numbers, so the set is small."""

    def __init__(self):
        self.texts = set()
        self.hexadecimals = set()
        self.correlation_ids = set()

    def add(self, text):
        """Adds a log of JSON lines. Other lines may occur, such as a sanitizer's message or a partial last line."""
        for line in text.splitlines():
            self.hexadecimals.update(_HEXADECIMAL.findall(line))
            try:
                self._walk("", json.loads(line))
            except ValueError:
                self.texts.add(line)

    def _walk(self, name, value):
        if isinstance(value, dict):
            for key, member in value.items():
                self.texts.add(key)
                self._walk(key, member)
        elif isinstance(value, list):
            for element in value:
                self._walk(name, element)
        elif isinstance(value, str):
            if name == "correlationId":
                self.correlation_ids.add(value)
            elif not (name in _FORMS and _FORMS[name].fullmatch(value)):
                self.texts.add(value)

    def search(self, needles):
        """The needles, (kind, text), that occur in the logs. A correlation id that no client sent and that is not a
        ULID of the server is searched like any other text."""
        needles = set(needles)
        sent = {text for kind, text in needles if kind == "correlation-id"}
        unknown = {text for text in self.correlation_ids if text not in sent and not ULID.fullmatch(text)}
        whole = "\n".join(self.texts | unknown)
        found = set()
        for kind, text in needles:
            if kind == "signature":
                if text in self.hexadecimals:
                    found.add((kind, text))
            elif kind != "correlation-id":
                # A log may contain the escaped form.
                if text in whole or json.dumps(text)[1:-1] in whole:
                    found.add((kind, text))
        return found
