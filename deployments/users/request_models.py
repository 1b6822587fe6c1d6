"""The models that API Gateway validates request bodies with: JSON schemas, draft 4.

They reject only bodies that the service also rejects (src/domain/field_rules.cpp). tests/data/request_bodies.json shows
where they agree. Only the service checks lengths in bytes, the total of 16 KiB of metadata, repeated members and the
role catalogue. API Gateway reads patterns by ECMA's rules: there is no look-behind, there are no Unicode classes, and a
character above U+FFFF counts as two.
"""
import json
import pathlib

from aws_cdk import aws_apigateway as apigateway

FIELD_LIMITS = pathlib.Path(__file__).resolve().parents[2] / "src/domain/field_limits.json"
_SHARED = json.loads(FIELD_LIMITS.read_text())
_LIMITS = _SHARED["limits"]
_CHARACTERS = _SHARED["characters"]


def _trimmed(pattern: str) -> str:
    """Allows surrounding spaces, which the service trims first."""
    return f"^ *{pattern} *$"


def _email_pattern() -> str:
    end = f"[{_CHARACTERS['domainLabelEnd']}]"
    label = f"{end}(?:[{_CHARACTERS['domainLabel']}]{{0,{_LIMITS['maxDomainLabelBytes'] - 2}}}{end})?"
    local_part = f"[{_CHARACTERS['localPart']}]{{1,{_LIMITS['maxLocalPartBytes']}}}"
    length = f"[!-~]{{1,{_LIMITS['maxEmailBytes']}}}"
    return _trimmed(rf"(?={length} *$){local_part}@{label}(?:\.{label})*")


def _text_pattern(max_characters: int) -> str:
    surrogates, pair = r"\uD800-\uDFFF", r"[\uD800-\uDBFF][\uDC00-\uDFFF]"
    character = f"(?:[^{_CHARACTERS['control']}{surrogates}]|{pair})"
    return _trimmed(f"(?! ){character}{{1,{max_characters}}}")


def _idempotency_key_pattern() -> str:
    """Words of visible characters with one space between them."""
    length = f"[{_CHARACTERS['idempotencyKey']}]{{1,{_LIMITS['maxIdempotencyKeyBytes']}}}"
    return f"^(?={length}$)[!-~]+(?: [!-~]+)*$"


IDEMPOTENCY_KEY = {"type": "string", "pattern": _idempotency_key_pattern()}
EMAIL = {"type": "string", "pattern": _email_pattern()}
NAME = {"type": "string", "pattern": _text_pattern(_LIMITS["maxNameCharacters"])}
IDENTIFIER = {"type": "string", "pattern": _text_pattern(_LIMITS["maxIdentifierCharacters"])}
IDENTIFIER_CHANGE = {"anyOf": [IDENTIFIER, {"type": "null"}]}
# The limits are in bytes. A text never has more characters than bytes.
_METADATA_KEY = rf"^(?!\$)[^{_CHARACTERS['control']}]{{1,{_LIMITS['maxMetadataKeyBytes']}}}$"
_METADATA_VALUE = {
    "type": "string",
    "maxLength": _LIMITS["maxMetadataValueBytes"],
    "pattern": f"^[^{_CHARACTERS['control']}]*$"}
METADATA = {
    "type": "object",
    "maxProperties": _LIMITS["maxMetadataEntries"],
    "patternProperties": {_METADATA_KEY: _METADATA_VALUE},
    "additionalProperties": False,
}
# How many entries the resulting map has depends on the user's map, so only the service counts them.
METADATA_CHANGES = {
    "type": "object",
    "minProperties": 1,
    "patternProperties": {_METADATA_KEY: {"anyOf": [_METADATA_VALUE, {"type": "null"}]}},
    "additionalProperties": False,
}
STATUS = {"type": "string", "enum": ["active", "disabled", "deleted"]}
ROLE = {
    "type": "string",
    "pattern": f"^[{_CHARACTERS['roleNameStart']}][{_CHARACTERS['roleName']}]{{0,{_LIMITS['maxRoleNameBytes'] - 1}}}$"}


def _body(required: list[str], **properties: dict) -> dict:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


REQUEST_MODELS = {
    "users_register_create": _body(
        ["idempotencyKey", "email", "name"],
        idempotencyKey=IDEMPOTENCY_KEY, email=EMAIL, name=NAME, metadata=METADATA, externalId=IDENTIFIER,
        userName=IDENTIFIER),
    # At least two members: the key, and something to change.
    "users_profile_update": _body(
        ["idempotencyKey"],
        idempotencyKey=IDEMPOTENCY_KEY, email=EMAIL, name=NAME, metadata=METADATA, metadataChanges=METADATA_CHANGES,
        externalId=IDENTIFIER_CHANGE, userName=IDENTIFIER_CHANGE)
    | {"minProperties": 2, "not": {"required": ["metadata", "metadataChanges"]}},
    "users_status_update": _body(["status"], status=STATUS),
    "users_role_assign": _body(["role"], role=ROLE),
}

_KEYWORDS = {
    "additionalProperties": "additional_properties", "enum": "enum", "maxLength": "max_length",
    "maxProperties": "max_properties", "minProperties": "min_properties", "pattern": "pattern",
    "required": "required"}


def json_schema(model: dict, **more) -> apigateway.JsonSchema:
    """The model as the CDK's own type."""
    options = {_KEYWORDS[keyword]: value for keyword, value in model.items() if keyword in _KEYWORDS}
    for keyword, option in (("properties", "properties"), ("patternProperties", "pattern_properties")):
        if keyword in model:
            options[option] = {name: json_schema(inner) for name, inner in model[keyword].items()}
    if "anyOf" in model:
        options["any_of"] = [json_schema(inner) for inner in model["anyOf"]]
    if "not" in model:
        options["not_"] = json_schema(model["not"])
    if "type" in model:
        options["type"] = apigateway.JsonSchemaType[model["type"].upper()]
    return apigateway.JsonSchema(**options, **more)
