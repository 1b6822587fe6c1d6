"""What clients sent that nobody may find in a log, and the search for it."""

import json
import re

from harness import TIMESTAMP, ULID

SHORTEST = 8  # characters; what is shorter is found in logs by chance

_TEXT = rb'"((?:[^"\\]|\\.)*)"'
_SIGNATURE = re.compile(rb"(?i)signature=([0-9a-f]{64})")
_HEADER = re.compile(rb"(?im)^(x-amz-security-token|x-correlation-id): *([^\r\n]+)")
_PERSONAL = re.compile(rb'"(email|name)"\s*:\s*' + _TEXT)
_METADATA = re.compile(rb'"metadata"\s*:\s*\{((?:\s*' + _TEXT + rb"\s*:\s*" + _TEXT + rb"\s*,?)*)")
_MEMBER = re.compile(_TEXT + rb"\s*:\s*" + _TEXT)
_QUERY = re.compile(rb"\A\S+ [^ ?]*\?(\S+)")


def sensitive_parts(request):
    """The parts of a request's bytes that are nobody else's business, well formed or not: a set of (kind, text).
    Kind "correlation-id" is what a log may hold although the client chose it."""
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
# Members whose values have a form in which nothing can hide, apart from hexadecimal numbers, which are compared
# with the signatures. What has not that form is looked at like all else.
_FORMS = {
    "time": re.compile(TIMESTAMP.pattern + r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "timestamp": TIMESTAMP, "userId": ULID,
    "eventId": ULID, "id": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "hash": _HEXADECIMAL,
    "changesHash": _HEXADECIMAL, "prevHash": _HEXADECIMAL, "address": re.compile(r"[0-9.]+:\d+"),
    "adminAddress": re.compile(r"[0-9.]+:\d+"),
}


class Haystack:
    """The different texts of many logs. Most lines differ only in times and numbers, so this is small."""

    def __init__(self):
        self.texts = set()
        self.hexadecimals = set()
        self.correlation_ids = set()

    def add(self, text):
        """A log of JSON lines, in which other lines may be (a message of a sanitizer, half a line at the end)."""
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
        """Those of the needles, (kind, text), that are there. A correlation id that no client has sent and the
        server has not made up is looked at like any text."""
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
                # Some logs hold what a program has escaped.
                if text in whole or json.dumps(text)[1:-1] in whole:
                    found.add((kind, text))
        return found
