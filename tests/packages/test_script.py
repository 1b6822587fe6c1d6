"""scripts/package rejects an invalid role catalogue. Otherwise the service would be deployed and would not start."""
import json
import subprocess
import zipfile

from conftest import REPOSITORY

CATALOGUE = {"version": 1, "roles": [{"name": "keeper", "description": "Keeps", "permissions": ["users:read"]}]}
LONGEST = 600  # seconds; the script compiles nothing here


def package(*arguments):
    return subprocess.run([REPOSITORY / "scripts/package", *map(str, arguments)], capture_output=True, text=True,
                          timeout=LONGEST)


def test_custom_catalogue_is_packaged(tmp_path):
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps(CATALOGUE))
    run = package("--roles", roles, "--output", tmp_path / "packages")
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    with zipfile.ZipFile(tmp_path / "packages/users_profile_get.zip") as packed:
        assert packed.read("roles.json") == roles.read_bytes()


def test_invalid_catalogue_is_rejected(tmp_path):
    for roles, why in (({}, "version is required"), ({**CATALOGUE, "version": 2}, "version")):
        file = tmp_path / "roles.json"
        file.write_text(json.dumps(roles))
        run = package("--roles", file, "--output", tmp_path / "packages")
        assert run.returncode == 1
        assert str(file) in run.stderr and why in run.stderr
        assert not (tmp_path / "packages").exists()


def test_help_lists_the_options():
    run = package("--help")
    assert run.returncode == 0 and "--roles FILE" in run.stdout and "--check-reproducible" in run.stdout
