"""The names of all operations, as in the table that usersd is built from."""
import pathlib
import re

_TABLE = pathlib.Path(__file__).resolve().parents[2] / "src/api/operation_table.inc"
OPERATIONS = set(re.findall(r'^USERS_OPERATION\(\w+, +"(\w+)"', _TABLE.read_text(), re.M))
assert OPERATIONS
