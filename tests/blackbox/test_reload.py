"""A certificate is renewed every few weeks, and a catalogue is corrected at any time, while the server runs. Both take
effect as a whole within 5 seconds and on SIGHUP. A faulty file changes nothing."""

import datetime
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time

import pytest
from client import Client
from harness import make_certificate, wait_until
from people import OPERATOR
from rawhttp import RawConnection, signed_request

RELOAD_TIME = 5  # seconds, as in the contract; the contract states no other time
LONGEST = 60
FAKE_CLOCK = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


def role(name, *permissions, **more):
    return {"name": name, "description": name, "permissions": list(permissions), **more}


def replace(path, content):
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(content)
    os.replace(temporary, path)


def catalogue(*roles, **more):
    return json.dumps({"version": 1, "roles": list(roles), **more})


# --- the role catalogue

@pytest.fixture
def roles(tmp_path):
    path = tmp_path / "roles.json"
    path.write_text(catalogue(role("a", "a:1"), role("b", "b:1")))
    return path


@pytest.fixture
def server(make_server, roles):
    return make_server("--roles", roles)


@pytest.fixture
def client(server):
    return Client(server, OPERATOR)


def test_catalogue_takes_effect_within_5_seconds(server, client, roles):
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, "a").status == 200 and client.assign(user_id, "c").status == 400
    replace(roles, catalogue(role("a", "a:2"), role("c", "c:1"), deletableBy=[]))
    wait_until(lambda: client.get(user_id)["permissions"] == ["a:2"], RELOAD_TIME)
    # As a whole, on every thread and for every operation.
    for _ in range(10):
        other = Client(server, OPERATOR)
        wait_until(lambda: other.get(user_id)["permissions"] == ["a:2"], RELOAD_TIME)
        assert other.assign(user_id, "b").status == 400
        assert other.set_status(user_id, "deleted").status == 403
        assert other.assign(user_id, "c").status == 200
        assert other.remove(user_id, "c").status == 200
        other.close()
    lines = server.logged("catalogue_loaded", 2)
    assert [line["roles"] for line in lines] == [["a", "b"], ["a", "c"]]
    assert len({line["sha256"] for line in lines}) == 2 and {line["path"] for line in lines} == {str(roles)}


@pytest.mark.parametrize("content", ["", "{", catalogue(role("a", "not allowed")), catalogue(role("a"), role("a"))])
def test_faulty_catalogue_keeps_the_previous_one(server, client, roles, content):
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, "a").status == 200
    replace(roles, content)
    server.signal(signal.SIGHUP)
    (line, *_) = server.logged("catalogue_rejected")
    assert line["level"] == "error" and line["path"] == str(roles) and line["reason"]
    assert client.get(user_id)["permissions"] == ["a:1"]
    roles.unlink()
    server.logged("catalogue_rejected", 2)
    assert client.get(user_id)["permissions"] == ["a:1"]


def test_role_that_leaves_the_catalogue_in_use_is_reported(server, client, roles):
    assert client.assign(client.new_user()["userId"], "b").status == 200
    assert not server.logged_until_now("unknown_roles_held")
    replace(roles, catalogue(role("a", "a:1")))
    (line, *_) = server.logged("unknown_roles_held")
    assert line["roles"] == ["b"] and line["users"] == 1


def test_catalogue_changes_under_load(server, client, roles, together):
    """Every response is that of one catalogue or the other."""
    user_id = client.new_user()["userId"]
    assert client.assign(user_id, "a").status == client.assign(user_id, "b").status == 200

    def work(number):
        if number == 0:
            for turn in range(30):
                version = "12"[turn % 2]
                replace(roles, catalogue(role("a", "a:" + version), role("b", "b:" + version)))
                server.signal(signal.SIGHUP)
                time.sleep(0.02)
            return set()
        own = Client(server, OPERATOR)
        return {tuple(own.get(user_id)["permissions"]) for _ in range(60)}

    assert set().union(*together(6, work)) <= {("a:1", "b:1"), ("a:2", "b:2")}


# --- the certificate

def options(pair):
    return "--tls-cert", pair[0], "--tls-key", pair[1]


@pytest.fixture
def pair(tmp_path):
    return make_certificate(tmp_path)


def subject_serial(server):
    """The serial number of the certificate that a new connection gets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((server.host, server.port), timeout=30) as plain:
        with context.wrap_socket(plain) as tls:
            pem = ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True))
    result = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True,
                            timeout=LONGEST, check=True)
    return result.stdout


def take_over(pair, other):
    for path, source in zip(pair, other):
        os.replace(source, path)


def test_renewed_certificate(make_server, pair, tmp_path):
    server = make_server(*options(pair))
    old = subject_serial(server)
    with RawConnection(server, cafile=pair[0]) as connection:
        connection.send(signed_request(server, OPERATOR, "GET", "/users"))
        assert connection.read_response().status == 200
        take_over(pair, make_certificate(tmp_path, "next"))
        wait_until(lambda: subject_serial(server) != old, RELOAD_TIME)
        # A connection that is open continues.
        connection.send(signed_request(server, OPERATOR, "GET", "/users"))
        assert connection.read_response().status == 200
    assert Client(server, OPERATOR, cafile=pair[0]).request("GET", "/users").status == 200


def test_sighup_loads_the_certificate(make_server, pair):
    server = make_server(*options(pair))
    loads = server.logged("tls_certificate_loaded")
    server.signal(signal.SIGHUP)
    server.logged("tls_certificate_loaded", len(loads) + 1)


def test_faulty_certificate_keeps_the_previous_one(make_server, pair, tmp_path):
    """A certificate without its key, a key without its certificate, and files that are neither."""
    server = make_server(*options(pair))
    old = subject_serial(server)
    good = [path.read_text() for path in pair]
    other = [path.read_text() for path in make_certificate(tmp_path, "other")]
    elliptic = [path.read_text() for path in make_certificate(
        tmp_path, "elliptic", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")]
    for number, contents in enumerate([(other[0], good[1]), (good[0], other[1]), (good[0], elliptic[1]),
                                       (elliptic[0], good[1]), ("", good[1]), (good[0], ""), (good[1], good[0])], 1):
        rejected = len(server.logged_until_now("tls_certificate_rejected"))
        for path, content in zip(pair, contents):
            replace(path, content)
        server.signal(signal.SIGHUP)
        server.logged("tls_certificate_rejected", rejected + 1)
        assert subject_serial(server) == old, number
    lines = server.logged("tls_certificate_rejected")
    assert all(line["level"] == "error" and re.match("--tls-(cert|key) /", line["reason"]) for line in lines)
    take_over(pair, make_certificate(tmp_path, "next"))
    wait_until(lambda: subject_serial(server) != old, RELOAD_TIME)


def test_key_with_a_passphrase_is_rejected_without_a_prompt(tmp_path, pair, make_server):
    key = tmp_path / "locked.key"
    subprocess.run(["openssl", "rsa", "-aes128", "-passout", "pass:x", "-in", str(pair[1]), "-out", str(key)], check=True,
                   capture_output=True, timeout=LONGEST)
    server = make_server(*options((pair[0], key)), start=False)
    server.launch()
    assert server.wait(LONGEST) == 2
    assert server.log_text().count("\n") == 1 and "passphrase" in server.log_text()


def metric(server, name):
    return float(re.search("^%s (.*)$" % name, server.metrics_text(), re.MULTILINE)[1])


def days(count):
    return ["-days", str(count)]


def test_expiry_is_a_metric_and_a_warning(make_server, tmp_path):
    pair = make_certificate(tmp_path, "server", *days(10))
    server = make_server(*options(pair))
    (line, *_) = server.logged("tls_certificate_expires_soon")
    assert line["level"] == "warning" and line["daysLeft"] == 9
    expected = datetime.datetime.fromisoformat(line["expiresAt"]).timestamp()
    assert metric(server, "users_tls_certificate_expiry_timestamp_seconds") == expected
    take_over(pair, make_certificate(tmp_path, "next", *days(100)))
    wait_until(lambda: metric(server, "users_tls_certificate_expiry_timestamp_seconds") > expected, RELOAD_TIME)
    assert len(server.logged_until_now("tls_certificate_expires_soon")) == 1


def test_expired_certificate_is_an_error_in_the_log(make_server, tmp_path):
    pair = make_certificate(tmp_path, env={**os.environ, "LD_PRELOAD": FAKE_CLOCK, "FAKETIME": "@2020-01-05 00:00:00"})
    server = make_server(*options(pair))
    (line, *_) = server.logged("tls_certificate_expired")
    assert line["level"] == "error" and line["expiresAt"].startswith("2020-01-0") and line["daysLeft"] < -1000


def ciphers_taken(server, names, version):
    taken = []
    for name in names:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        try:
            if version == ssl.TLSVersion.TLSv1_2:
                context.set_ciphers(name + ":@SECLEVEL=0")
            with socket.create_connection((server.host, server.port), timeout=30) as plain:
                with context.wrap_socket(plain) as tls:
                    taken.append(tls.cipher()[0])
        except (ssl.SSLError, OSError):
            pass
    return taken


def test_tls_1_2_has_forward_secrecy_and_aead_only(make_server, pair):
    server = make_server(*options(pair))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    offered = [cipher["name"] for cipher in context.get_ciphers() if cipher["protocol"] != "TLSv1.3"]
    assert {"AES128-SHA", "ECDHE-RSA-AES128-SHA256", "DHE-RSA-AES128-GCM-SHA256"} <= set(offered)
    taken = ciphers_taken(server, offered, ssl.TLSVersion.TLSv1_2)
    assert set(taken) == {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"}
    assert ciphers_taken(server, [""], ssl.TLSVersion.TLSv1_3)
