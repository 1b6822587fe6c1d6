"""Why: what was acknowledged is there after a restart and after kill -9, whole and in order; what was not is
wholly there or wholly absent."""

import http.client
import random
import threading
import time

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from people import OPERATOR
from rawhttp import RawConnection

ROUNDS = 4
WRITERS = 6


@pytest.fixture
def own(make_server):
    return Client(make_server("--log-level", "warning"), OPERATOR)


def test_everything_is_there_after_a_restart(own):
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


def test_ids_grow_over_restarts(own):
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


def test_restart_on_the_same_port_with_callers_connected(own):
    """A port whose old connections are not forgotten yet can be listened on again at once."""
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
def test_keys_are_remembered_over_restarts(own, how):
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


class Writer(threading.Thread):
    """Writes at random to its own users until the server is gone. `versions` holds what was acknowledged;
    `pending` the one request that may or may not have had its effect."""

    def __init__(self, client, seed, users):
        super().__init__()
        self.client, self.random = client, random.Random(seed)
        self.versions = dict(users)
        self.bodies = {}     # user id -> the newest acknowledged answer
        self.deleted = set()
        self.pending = None  # (method, path, body, headers, user id or None)
        self.strange = []

    def next_request(self):
        kind = self.random.randrange(6)
        live = sorted(set(self.versions) - self.deleted)
        key = fresh_key()
        if kind == 0 or not live:
            return "POST", "/users", {"idempotencyKey": key, "email": fresh_email("crash"), "name": "Crash"}, {}, None
        user_id = self.random.choice(live)
        path, header = "/users/" + user_id, {"Idempotency-Key": key}
        if kind == 1:
            return "PUT", path + "/status", {"status": self.random.choice(["active", "disabled"])}, header, user_id
        if kind == 2:
            return "POST", path + "/roles", {"role": self.random.choice(["viewer", "editor"])}, header, user_id
        if kind == 3 and len(live) > 3 and self.random.random() < 0.3:
            return "PUT", path + "/status", {"status": "deleted"}, header, user_id
        change = self.random.choice([{"name": key}, {"email": fresh_email("moved")}, {"metadata": {"k": key}}])
        return "PATCH", path, {"idempotencyKey": key, **change}, {}, user_id

    def run(self):
        while True:
            self.pending = self.next_request()
            method, path, body, headers, user_id = self.pending
            try:
                answer = self.client.request(method, path, body, headers=headers)
            except (http.client.HTTPException, OSError):
                return
            self.judge(answer, user_id, body)
            self.pending = None

    def judge(self, answer, user_id, body):
        if answer.status not in (200, 201):
            self.strange.append(answer)
            return
        user_id = user_id or answer.json["userId"]
        if answer.json["version"] != self.versions.get(user_id, 0):
            self.bodies[user_id] = answer.json
        self.versions[user_id] = answer.json["version"]
        if body.get("status") == "deleted":
            self.deleted.add(user_id)

    def settle(self):
        """After the restart: sends the unanswered request again, which takes effect once in all."""
        if self.pending is None:
            return
        method, path, body, headers, user_id = self.pending
        before = self.versions.get(user_id, 0)
        answer = self.client.request(method, path, body, headers=headers)
        self.judge(answer, user_id, body)
        self.pending = None
        assert answer.status in (200, 201) and answer.json["version"] - before in (0, 1), answer


def test_kill_9_under_load(own):
    """Several rounds on one data directory; after each, all that was promised is judged."""
    versions, deleted = {}, set()
    for round_number in range(ROUNDS):
        mine = [sorted(set(versions) - deleted)[n::WRITERS] for n in range(WRITERS)]
        writers = [Writer(own, round_number * WRITERS + n, {u: versions[u] for u in mine[n]}) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        end = time.monotonic() + 30
        while sum(len(writer.bodies) for writer in writers) < 60 + 20 * round_number:
            assert time.monotonic() < end, [writer.strange for writer in writers]
            time.sleep(0.01)
        own.server.kill9()
        for writer in writers:
            writer.join(60)
            assert not writer.is_alive() and writer.strange == []
        own.server.start()
        for writer in writers:
            check_acknowledged(own, writer)
            writer.settle()
            versions.update(writer.versions)
            deleted |= writer.deleted
        check_everything(own, versions, deleted)


def check_acknowledged(client, writer):
    """Before anything is sent again: each acknowledged write is in the audit, with its values."""
    in_doubt = writer.pending[4] if writer.pending else None
    for user_id, version in writer.versions.items():
        entries = client.audit(user_id)
        assert len(entries) - version in ((0, 1) if user_id == in_doubt else (0,)), user_id
        answer = writer.bodies.get(user_id)
        if answer:
            assert entries[answer["version"] - 1]["timestamp"] == answer["updatedAt"]
            for field in set(answer) & set(entries[answer["version"] - 1]["changes"]):
                assert entries[answer["version"] - 1]["changes"][field]["after"] == answer[field]


def check_everything(client, versions, deleted):
    """Chains, versions, the list in each of its forms and the e-mail lookup agree with one another."""
    users = {}
    for user_id, version in versions.items():
        entries = check_user(client, user_id, deleted=user_id in deleted)
        assert len(entries) == version
        if user_id not in deleted:
            users[user_id] = client.get(user_id)
    listed = client.list_users(37)
    assert [user["userId"] for user in listed] == sorted(users)
    for summary in listed:
        user = users[summary["userId"]]
        assert summary == {name: user[name] for name in summary}
    for status in ("active", "disabled"):
        found = [user["userId"] for user in client.list_users(37, status=status)]
        assert found == [user_id for user_id in sorted(users) if users[user_id]["status"] == status]
    for user_id in random.Random(0).sample(sorted(users), min(20, len(users))):
        assert [user["userId"] for user in client.find(users[user_id]["email"])] == [user_id]


def test_kill_9_of_twins(own, together):
    """An unanswered creation, sent again after the crash by many at once, makes one user."""
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Twin"}

    def send(number):
        if number == 0:
            time.sleep(0.005)
            own.server.kill9()
            return None
        try:
            return own.request("POST", "/users", body)
        except (http.client.HTTPException, OSError):
            return None

    before = [answer for answer in together(9, send) if answer]
    own.server.start()
    after = together(8, lambda _: own.request("POST", "/users", body))
    assert len({answer.raw for answer in before + after}) == 1
    assert len(own.find(body["email"])) == 1 == len(own.list_users())
