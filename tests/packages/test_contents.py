"""Lambda requires exactly these names and modes in a package, and fetches and unpacks the package at each cold
start."""
import re
import stat
import subprocess
import zipfile

import pytest
from conftest import FUNCTIONS, REPOSITORY

MAX_BYTES = 4_000_000
OPERATIONS = (REPOSITORY / "src/api/operation_table.inc").read_text()
READS_ROLES = {name for name, needs in re.findall(r'^USERS_OPERATION\(\w+, +"(\w+)"(.*)', OPERATIONS, re.M)
               if "kRoleCatalogue" in needs and "kServer" not in needs}


@pytest.fixture
def program(package, tmp_path):
    with zipfile.ZipFile(package) as packed:
        return packed.extract("bootstrap", tmp_path)


def readelf(what, program):
    return subprocess.run(["readelf", "-W", what, program], check=True, capture_output=True, text=True).stdout


def test_names_and_modes(package):
    with zipfile.ZipFile(package) as packed:
        modes = {entry.filename: entry.external_attr >> 16 for entry in packed.infolist()}
    expected = {"bootstrap": stat.S_IFREG | 0o755}
    if package.stem in READS_ROLES:
        expected["roles.json"] = stat.S_IFREG | 0o644
    assert modes == expected


def test_package_contains_no_build_time_or_path(package, program):
    with zipfile.ZipFile(package) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    with open(program, "rb") as file:
        assert str(REPOSITORY).encode() not in file.read()


def test_program_is_static_and_stripped(program):
    assert re.search(r"Type: +EXEC|Type: +DYN", readelf("-h", program))
    assert not re.search(r"^ *INTERP", readelf("-l", program), re.M)
    assert "(NEEDED)" not in readelf("-d", program)
    assert not re.search(r" \.(symtab|debug_\w+) ", readelf("-S", program))


def test_size(package):
    assert package.stat().st_size < MAX_BYTES


def test_list_of_catalogue_readers_is_plausible():
    """Guards against a READS_ROLES that is empty because the sources were parsed wrongly."""
    assert len(READS_ROLES) >= 6 and "users_list_query" not in READS_ROLES
