"""A restart, orderly or not, changes nothing that callers see. (test_kill_9.py kills under load.)"""

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from people import OPERATOR
from rawhttp import RawConnection


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


def test_restart_keeps_everything(own):
    user = own.new_user(metadata={"k": "v"})
    user_id = user["userId"]
    own.assign(user_id, "viewer")
    own.set_status(user_id, "disabled")
    deleted = own.new_user()
    own.set_status(deleted["userId"], "deleted")
    before = own.get(user_id), own.audit(user_id), own.audit(deleted["userId"]), own.list_users()
    for _ in range(2):
        own.server.stop()
        own.server.start()
        assert (own.get(user_id), own.audit(user_id), own.audit(deleted["userId"]), own.list_users()) == before
    assert [found["userId"] for found in own.find(user["email"])] == [user_id]
    assert own.patch(user_id, name="After").json["version"] == 4
    body = {"idempotencyKey": fresh_key(), "email": user["email"], "name": "x"}
    assert own.request("POST", "/users", body).status == 409
    assert own.create(email=deleted["email"]).status == 201
    check_user(own, user_id)


def test_ids_increase_over_restarts(own):
    ids = []
    for turn in range(4):
        ids += [own.new_user()["userId"] for _ in range(3)]
        if turn % 2:
            own.server.kill9()
        else:
            own.server.stop()
        own.server.start()
    assert ids == sorted(ids) and len(set(ids)) == 12
    assert [user["userId"] for user in own.list_users()] == ids


def test_restart_works_on_a_port_with_connected_callers(own):
    """The server can listen on a port again at once, while the system still keeps old connections of that port."""
    server = own.server
    for how in ("stop", "kill9"):
        open_ones = [RawConnection(server) for _ in range(3)]
        own.new_user()
        server.listen = server.ready["address"]
        getattr(server, how)()
        server.start()
        assert server.ready["address"] == server.listen
        for connection in open_ones:
            connection.close()
        own.close()
    assert len(own.list_users()) == 2


@pytest.mark.parametrize("how", ["stop", "kill9"])
def test_restart_keeps_idempotency_keys(own, how):
    key, email = fresh_key(), fresh_email()
    first = own.create(key=key, email=email)
    user_id = first.json["userId"]
    header = {"Idempotency-Key": fresh_key()}
    assigned = own.assign(user_id, "viewer", headers=header)
    getattr(own.server, how)()
    own.server.start()
    again = own.create(key=key, email=email)
    assert again.replayed and again.raw == first.raw and again.headers["location"] == first.headers["location"]
    again = own.assign(user_id, "viewer", headers=header)
    assert again.replayed and again.raw == assigned.raw
    assert own.assign(user_id, "editor", headers=header).status == 409
