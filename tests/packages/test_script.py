"""Without this check, a catalogue that no function accepts is noticed only when the service does not start."""
import json
import subprocess
import zipfile

from conftest import PRESET, REPOSITORY

CATALOGUE = {"version": 1, "roles": [{"name": "keeper", "description": "Keeps", "permissions": ["users:read"]}]}
LONGEST = 600  # seconds; nothing is compiled


def package(*arguments):
    return subprocess.run([REPOSITORY / "scripts/package", "--preset", PRESET, *map(str, arguments)],
                          capture_output=True, text=True, timeout=LONGEST)


def test_packages_a_custom_catalogue(tmp_path):
    roles = tmp_path / "roles.json"
    roles.write_text(json.dumps(CATALOGUE))
    run = package("--roles", roles, "--output", tmp_path / "packages")
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    with zipfile.ZipFile(tmp_path / "packages/users_profile_get.zip") as packed:
        assert packed.read("roles.json") == roles.read_bytes()


def test_rejects_an_invalid_catalogue(tmp_path):
    for roles, why in (({}, "version is required"), ({**CATALOGUE, "version": 2}, "version")):
        file = tmp_path / "roles.json"
        file.write_text(json.dumps(roles))
        run = package("--roles", file, "--output", tmp_path / "packages")
        assert run.returncode == 1
        assert str(file) in run.stderr and why in run.stderr
        assert not (tmp_path / "packages").exists()


def test_help():
    run = package("--help")
    assert run.returncode == 0 and "--roles FILE" in run.stdout and "--check-reproducible" in run.stdout
