"""Keys and personal data travel over the network. An address that others can reach is encrypted unless the operator
explicitly allows plaintext."""

import http.client
import json
import socket
import ssl
import subprocess

import pytest
from client import Client, fresh_email, fresh_key
from harness import make_certificate, run_usersd
from people import OPERATOR
from rawhttp import RawConnection, head, signed_request


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def options(certificate):
    return "--tls-cert", certificate[0], "--tls-key", certificate[1]


def test_operations_work_over_tls(make_server, certificate):
    server = make_server(*options(certificate))
    assert server.ready["tls"] is True
    client = Client(server, OPERATOR, cafile=certificate[0])
    user = client.new_user(metadata={"k": "v" * 1000})
    assert client.get(user["userId"]) == user
    assert client.patch(user["userId"], name="Encrypted").status == 200
    assert client.request("GET", "/users", signed=False).status == 401
    response = client.request("POST", "/users", b" " * 65537)
    assert response.status == 413
    client.close()
    # Pipelining and chunks also work over TLS.
    body = b'{"status":"disabled"}'
    text = signed_request(server, OPERATOR, "PUT", "/users/%s/status" % user["userId"], body, frame=False)
    data = text[:-2] + b"Transfer-Encoding: chunked\r\n\r\n15\r\n" + body + b"\r\n0\r\n\r\n"
    with RawConnection(server, cafile=certificate[0]) as connection:
        connection.send(data * 3)
        assert [connection.read_response().status for _ in range(3)] == [200] * 3


def test_concurrent_connections_work_over_tls(make_server, certificate, together):
    server = make_server(*options(certificate))
    client = Client(server, OPERATOR, cafile=certificate[0])
    users = together(8, lambda _: [client.new_user()["userId"] for _ in range(5)])
    assert len({user_id for group in users for user_id in group}) == 40


def test_try_command_works_over_tls(bare_server, certificate):
    server = bare_server(*options(certificate))
    result = subprocess.run(["/bin/sh", "-c", server.ready["try"] + " -sS"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and json.loads(result.stdout) == {"users": []}, result
    server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_protocols_are_rejected(make_server, certificate):
    server = make_server(*options(certificate))
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, version
        with socket.create_connection((server.host, server.port), timeout=30) as plain:
            with pytest.raises((ssl.SSLError, OSError)):
                context.wrap_socket(plain)


def test_plain_http_is_not_served_on_a_tls_port(make_server, certificate):
    server = make_server(*options(certificate))
    with RawConnection(server) as connection:
        connection.send_quietly(head("GET", "/users", [("Host", "x")]))
        data = b""
        while True:
            try:
                piece = connection.socket.recv(65536)
            except OSError:
                break
            if not piece:
                break
            data += piece
        assert not data.startswith(b"HTTP/1.1 2") and b"X-Correlation-Id" not in data


def test_garbage_and_vanishing_clients_do_no_harm(make_server, certificate):
    server = make_server(*options(certificate))
    for data in (b"", b"\x16\x03\x01", b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x80\x80\x01\x03\x01"):
        with RawConnection(server) as connection:
            connection.send(data)
    client = Client(server, OPERATOR, cafile=certificate[0])
    assert client.create(email=fresh_email(), key=fresh_key()).status == 201


def test_client_that_trusts_another_certificate_cannot_connect(make_server, certificate, tmp_path):
    server = make_server(*options(certificate))
    other, _ = make_certificate(tmp_path, "other")
    with pytest.raises(ssl.SSLError):
        RawConnection(server, cafile=other)
    with RawConnection(server, cafile=certificate[0]) as connection:
        connection.send(head("GET", "/users", [("Host", "x")]))
        assert connection.read_response().status == 401


def test_admin_address_stays_plain(make_server, certificate):
    server = make_server(*options(certificate))
    connection = http.client.HTTPConnection(server.admin_host, server.admin_port, timeout=30)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200


def rejected(tmp_path, option, *arguments):
    result = run_usersd("serve", "--data", tmp_path / "data", *arguments)
    assert (result.returncode, result.stdout) == (2, ""), result
    assert result.stderr.count("\n") == 1 and option in result.stderr, result.stderr
    assert not (tmp_path / "data" / "credentials").exists()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"])
def test_plaintext_is_rejected_on_reachable_addresses(tmp_path, certificate, address):
    rejected(tmp_path, "--listen", "--listen", address)
    rejected(tmp_path, "--plaintext", "--listen", address)
    rejected(tmp_path, "--admin-listen", "--listen", "127.0.0.1:0", "--admin-listen", address)
    rejected(tmp_path, "--admin-listen", "--listen", "127.0.0.1:0", "--admin-listen", address, *options(certificate))


def test_plaintext_is_served_with_its_option(make_server):
    server = make_server("--plaintext", listen="0.0.0.0:0")
    assert server.ready["address"].startswith("0.0.0.0:") and server.ready["tls"] is False
    assert Client(server, OPERATOR).request("GET", "/users").status == 200


def test_tls_does_not_require_the_plaintext_option(make_server, certificate):
    server = make_server(*options(certificate), listen="0.0.0.0:0")
    assert Client(server, OPERATOR, cafile=certificate[0]).request("GET", "/users").status == 200


def test_try_command_works_with_an_unspecified_address(bare_server):
    server = bare_server("--plaintext", listen="0.0.0.0:0")
    assert "0.0.0.0" not in server.ready["try"]
    result = subprocess.run(["/bin/sh", "-c", server.ready["try"] + " -sS"], capture_output=True, text=True, timeout=60)
    assert json.loads(result.stdout) == {"users": []}, result
    server.stop()


def test_faulty_certificates_are_reported(tmp_path, certificate):
    good, key = certificate
    _, other_key = make_certificate(tmp_path, "other")
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    missing = tmp_path / "missing.pem"
    here = ("--listen", "127.0.0.1:0")
    rejected(tmp_path, "--tls-key", *here, "--tls-cert", good)
    rejected(tmp_path, "--tls-cert", *here, "--tls-key", key)
    for bad in (text, missing, tmp_path, key):
        rejected(tmp_path, "--tls-cert", *here, "--tls-cert", bad, "--tls-key", key)
    for bad in (text, missing, tmp_path, good, other_key):
        rejected(tmp_path, "--tls-key", *here, "--tls-cert", good, "--tls-key", bad)


def test_ipv6_loopback_is_served(make_server):
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("no IPv6 here")
    server = make_server(listen="[::1]:0")
    assert server.ready["address"].startswith("[::1]:")
    client = Client(server, OPERATOR)
    user = client.new_user()
    assert client.get(user["userId"]) == user
