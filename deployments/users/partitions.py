"""The partitions of the tables, as patterns of IAM. src/service/partitions.json names them; a test of src/service compares
that file with the keys that the service makes."""
import json
import pathlib

_PREFIXES = json.loads((pathlib.Path(__file__).resolve().parents[2] / "src/service/partitions.json").read_text())
_USERS = {name: f"{prefix}*" for name, prefix in _PREFIXES["users"].items()}

PROFILE, AUDIT, EMAIL = _USERS["profile"], _USERS["audit"], _USERS["email"]
LIST, STATUS_LIST = _USERS["list"], _USERS["statusList"]
IDEMPOTENCY = f"{_PREFIXES['idempotency']['record']}*"
ALL = {*_USERS.values(), IDEMPOTENCY}
