"""The partitions of the tables, as patterns of IAM. src/service/partitions.json names them; a test of src/service compares
that file with the keys that the service makes."""
import json
import pathlib

_PREFIXES = json.loads((pathlib.Path(__file__).resolve().parents[2] / "src/service/partitions.json").read_text())
_USERS = {name: f"{prefix}*" for name, prefix in _PREFIXES["users"].items()}

PROFILE, AUDIT = _USERS["profile"], _USERS["audit"]
EMAIL, EXTERNAL_ID, USER_NAME = HANDLES = _USERS["email"], _USERS["externalId"], _USERS["userName"]
LIST, STATUS_LIST, ROLE_LIST = _USERS["list"], _USERS["statusList"], _USERS["roleList"]
IDEMPOTENCY = f"{_PREFIXES['idempotency']['record']}*"
ALL = {*_USERS.values(), IDEMPOTENCY}
