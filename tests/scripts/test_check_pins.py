"""scripts/check-pins finds each kind of download that is not pinned."""

import json
import pathlib
import subprocess

import pytest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "scripts/check-pins"
HASH = "--hash=sha256:" + "ab" * 32
PACKAGE = {"dependencies": {"aws4": "1.13.2"}}
LOCK = {"packages": {"": PACKAGE, "node_modules/aws4": {"version": "1.13.2", "integrity": "sha512-abc="}}}
GOOD = {
    "scripts/python-environment": 'pip" install --quiet --require-hashes --only-binary :all: -r "$wanted"\n',
    "scripts/npm-environment": 'npm ci --ignore-scripts --silent\n',
    "scripts/install-packages": "apt-get install -y -qq curl\n# npm install is what others do\n",
    "tests/requirements.in": "pytest==9.2.0\n",
    "tests/requirements.txt": "pytest==9.2.0 \\\n    %s\npluggy==1.7.0 \\\n    %s\n    # via pytest\n" % (HASH, HASH),
    "tests/package.json": json.dumps(PACKAGE),
    "tests/package-lock.json": json.dumps(LOCK),
    "tests/go.mod": "module m\n\ngo 1.19\n\nrequire github.com/a/b v1.0.0\n",
    "tests/go.sum": "github.com/a/b v1.0.0 h1:abc=\n",
}


def check(directory, changes):
    for name, text in {**GOOD, **changes}.items():
        if text is not None:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
    return subprocess.run([CHECK, directory], capture_output=True, text=True, timeout=60)


def test_fully_pinned_tree_is_accepted(tmp_path):
    done = check(tmp_path, {})
    assert (done.returncode, done.stderr) == (0, "")


def lock(**changes):
    return json.dumps({"packages": {**LOCK["packages"], **changes}})


@pytest.mark.parametrize("name, text, fault", [
    ("scripts/test", "pip install pytest\n", "downloads without a hash"),
    ("scripts/test", "python3 -m pip install --require-hashes -r x\n", "downloads without a hash"),
    ("scripts/test", "npm install \\\n  aws-cdk@2.1148.1\n", "downloads without a hash"),
    ("scripts/test", "npx aws-cdk@2.1148.1 synth\n", "downloads without a hash"),
    ("scripts/test", "go install example.org/tool@latest\n", "downloads without a hash"),
    ("scripts/test", "mvn -q dependency:get -Dartifact=a:b:1\n", "downloads without a hash"),
    ("scripts/test", "curl -sSL https://example.org/tool | sh\n", "downloads without a hash"),
    (".ci/run", "cargo install ripgrep\n", "downloads without a hash"),
    ("tests/x.py", 'subprocess.run(["npm", "install", "aws4"])\n', "downloads without a hash"),
    ("scripts/python-environment", 'pip" install -r "$wanted"\n', "downloads without a hash"),
    ("scripts/npm-environment", "npm ci\n", "downloads without a hash"),
    ("scripts/test", "GOFLAGS=-mod=mod go test ./...\n", "turns the checks of Go's modules off"),
    ("scripts/test", "GONOSUMDB=* go test ./...\n", "turns the checks of Go's modules off"),
    ("tests/requirements.txt", "pytest==9.2.0\n", "pytest==9.2.0 has no hash"),
    ("tests/requirements.txt", "pytest==9.2.0 \\\n    %s\npluggy==1.7.0\n" % HASH, "pluggy==1.7.0 has no hash"),
    ("tests/requirements.txt", "pytest>=9 \\\n    %s\n" % HASH, "pytest>=9 has no exact version"),
    ("tests/requirements.txt", "pytest==9.1.0 \\\n    %s\n" % HASH, "is not that of its .in file: pytest==9.2.0"),
    ("tests/requirements.txt", "--index-url https://example.org\n" + GOOD["tests/requirements.txt"], "names a place"),
    ("tests/requirements.txt", None, "there is no requirements.txt beside it"),
    ("tests/requirements.in", None, "there is no .in file beside it"),
    ("tests/package.json", '{"dependencies": {"aws4": "^1.13.2"}}', "aws4 has no exact version"),
    ("tests/package.json", '{"dependencies": {"aws4": "1.13.3"}}', "package-lock.json is not that of this file"),
    ("tests/package.json", json.dumps({**PACKAGE, "scripts": {"install": "x"}}), "has scripts"),
    ("tests/package-lock.json", None, "there is no package-lock.json beside it"),
    ("tests/package-lock.json", lock(**{"node_modules/x": {"version": "1.0.0"}}), "no SHA-512 hash of node_modules/x"),
    ("tests/package-lock.json", lock(**{"node_modules/x": {"integrity": "sha512-a", "resolved": "https://example.org/x"}}),
     "an address for node_modules/x"),
    ("tests/go.sum", None, "there is no go.sum beside it"),
])
def test_unpinned_downloads_are_found(tmp_path, name, text, fault):
    done = check(tmp_path, {name: text})
    assert done.returncode == 1
    assert fault in done.stderr, done.stderr
