"""A user has up to three handles: email, externalId and userName. Each of them belongs to one user at a time, it finds
this user, and it is free as soon as the user gives it up."""

import uuid

import pytest
from audit_chain import check_user
from client import Client, fresh_email, fresh_key
from people import OPERATOR

HANDLES = ["email", "externalId", "userName"]
OPTIONAL = HANDLES[1:]
REASON = {"email": "EMAIL_IN_USE", "externalId": "EXTERNAL_ID_IN_USE", "userName": "USER_NAME_IN_USE"}


def fresh(kind, prefix="Handle"):
    return fresh_email(prefix) if kind == "email" else "%s|%s" % (prefix, uuid.uuid4().hex[:16])


def fresh_handles():
    return {kind: fresh(kind) for kind in HANDLES}


def register(client, **handles):
    """Sends a registration and returns the response. It may be rejected."""
    return client.request("POST", "/users", {"idempotencyKey": fresh_key(), "name": "Ada", "email": fresh_email(),
                                             **handles})


def made(client, **handles):
    response = register(client, **handles)
    assert response.status == 201, response
    return response.json


def ids(users):
    return [user["userId"] for user in users]


def is_conflict(response, kind):
    return response.status == 409 and response.json["details"] == {"reason": REASON[kind]}


# --- values

def test_handles_are_members_of_a_user_a_summary_and_the_first_entry(client):
    handles = fresh_handles()
    response = register(client, **{kind: "  %s " % value for kind, value in handles.items()})
    user = response.json
    assert response.status == 201 and {kind: user[kind] for kind in HANDLES} == handles
    assert list(user)[:6] == ["userId", "email", "name", "externalId", "userName", "status"]
    assert client.get(user["userId"]) == user
    (summary,) = client.find(externalId=handles["externalId"])
    assert summary == {name: user[name] for name in (
        "userId", "email", "name", "externalId", "userName", "status", "roles", "createdAt", "version")}
    (entry,) = check_user(client, user["userId"])
    assert entry["changedFields"] == ["email", "externalId", "metadata", "name", "roles", "status", "userName"]
    assert {kind: entry["changes"][kind] for kind in HANDLES} == {
        kind: {"before": None, "after": value} for kind, value in handles.items()}


def test_user_without_handles_has_no_such_members(client):
    user = made(client)
    (summary,) = client.find(user["email"])
    (entry,) = client.audit(user["userId"])
    for kind in OPTIONAL:
        assert kind not in user and kind not in summary
        assert kind not in entry["changes"] and kind not in entry["changedFields"]


@pytest.mark.parametrize("kind", OPTIONAL)
def test_update_sets_replaces_and_removes_a_handle(client, kind):
    user_id = made(client)["userId"]
    first, second = fresh(kind), fresh(kind)
    assert client.patch(user_id, **{kind: " %s " % first}).json[kind] == first
    assert client.patch(user_id, **{kind: second}).json[kind] == second
    removed = client.patch(user_id, **{kind: None})
    assert removed.status == 200 and kind not in removed.json and removed.json["version"] == 4
    assert kind not in client.get(user_id)
    changes = [entry["changes"] for entry in check_user(client, user_id)[1:]]
    assert changes == [{kind: {"before": before, "after": after}}
                       for before, after in ((None, first), (first, second), (second, None))]


def test_all_handles_change_together(client):
    user = made(client, **fresh_handles())
    changed = fresh_handles()
    response = client.patch(user["userId"], **changed)
    assert response.status == 200 and {kind: response.json[kind] for kind in HANDLES} == changed
    assert response.json["version"] == 2
    for kind in HANDLES:
        assert client.find(**{kind: user[kind]}) == []
        assert ids(client.find(**{kind: changed[kind]})) == [user["userId"]]


def test_requests_that_change_no_handle_are_no_ops(client):
    user = made(client, **fresh_handles())
    bare = made(client)
    for response, before in (
            (client.patch(user["userId"], **{kind: " %s " % user[kind] for kind in HANDLES}), user),
            (client.patch(bare["userId"], externalId=None, userName=None), bare)):
        assert response.status == 200 and response.json == before and response.etag == '"1"'
    assert len(client.audit(user["userId"])) == len(client.audit(bare["userId"])) == 1


def test_removal_is_replayed_by_its_key(client):
    user = made(client, **fresh_handles())
    body = {"idempotencyKey": fresh_key(), "userName": None}
    first = client.request("PATCH", "/users/" + user["userId"], body)
    again = client.request("PATCH", "/users/" + user["userId"], body)
    assert again.replayed and again.raw == first.raw
    other = client.request("PATCH", "/users/" + user["userId"], {**body, "userName": fresh("userName")})
    assert other.status == 409 and other.json["details"] == {"reason": "IDEMPOTENCY_KEY_REUSED"}
    absent = client.request("PATCH", "/users/" + user["userId"], {"idempotencyKey": body["idempotencyKey"], "name": "X"})
    assert absent.status == 409


@pytest.mark.parametrize("value", ["x", "h" * 255, "ü" * 255, "😀" * 255, "a b", "  a\u00a0b  ", "*", "%2F", "../x", "a@b",
                                   '"\\', "\u00a0", "\uffff", "null", "0"], ids=ascii)
def test_every_text_within_the_limits_is_a_handle(make_server, value):
    client = Client(make_server(), OPERATOR)
    user = made(client, externalId=value, userName=value)
    for kind in OPTIONAL:
        assert user[kind] == value.strip(" ")
        assert ids(client.find(**{kind: value})) == [user["userId"]]
    assert client.patch(user["userId"], externalId=None, userName=None).status == 200
    assert client.patch(user["userId"], externalId=value, userName=value).json["userName"] == value.strip(" ")
    check_user(client, user["userId"])


BAD = ["", " ", "   ", "h" * 256, "😀" * 256, "a\tb", "a\nb", "\u0000", "\u007f", "a\u0085", "\u009f", 1, True, 1.5, [], {},
       ["x"], {"x": "y"}]


@pytest.mark.parametrize("value", BAD, ids=lambda value: ascii(value)[:20])
@pytest.mark.parametrize("kind", OPTIONAL)
def test_invalid_handles_are_rejected(client, kind, value):
    user = made(client, **fresh_handles())
    for response in (register(client, **{kind: value}), client.patch(user["userId"], **{kind: value})):
        assert response.status == 400 and response.fields == {kind}, response
    if isinstance(value, str):
        response = client.request("GET", "/users", query={kind: value})
        assert response.status == 400 and response.fields == {kind}, response
    assert client.get(user["userId"]) == user


@pytest.mark.parametrize("kind", OPTIONAL)
def test_null_is_rejected_at_creation(client, kind):
    response = register(client, **{kind: None})
    assert response.status == 400 and response.fields == {kind}, response


def test_every_faulty_handle_is_listed(client):
    bad = {"email": "no", "externalId": "", "userName": 5}
    user_id = made(client)["userId"]
    assert register(client, **bad).fields == client.patch(user_id, **bad).fields == set(HANDLES)


# --- unique

@pytest.mark.parametrize("kind", HANDLES)
def test_handle_of_another_user_is_a_conflict(client, kind):
    owner = made(client, **fresh_handles())
    other = made(client, **fresh_handles())
    for response in (register(client, **{kind: owner[kind]}), client.patch(other["userId"], **{kind: owner[kind]})):
        assert is_conflict(response, kind), response
        for text in (owner["userId"], owner["name"], owner["externalId"], owner["userName"], owner["email"]):
            assert text.encode() not in response.raw
    client.set_status(owner["userId"], "disabled")  # a disabled user keeps its handles
    assert is_conflict(client.patch(other["userId"], **{kind: owner[kind]}), kind)
    assert client.get(other["userId"]) == other
    assert len(client.audit(other["userId"])) == 1


@pytest.mark.parametrize("taken", [["email", "externalId"], ["email", "userName"], ["externalId", "userName"], HANDLES],
                         ids="+".join)
@pytest.mark.parametrize("of_one_user", [True, False])
def test_first_taken_handle_gives_the_reason(client, taken, of_one_user):
    """The order is email, externalId, userName. It does not depend on the owners."""
    if of_one_user:
        owners = dict.fromkeys(HANDLES, made(client, **fresh_handles()))
    else:
        owners = {kind: made(client, **fresh_handles()) for kind in reversed(HANDLES)}
    wanted = {kind: owners[kind][kind] for kind in taken}
    other = made(client)
    for response in (register(client, **wanted), client.patch(other["userId"], **wanted)):
        assert is_conflict(response, taken[0]), response
    assert client.get(other["userId"]) == other


def test_rejected_change_takes_no_handle(client):
    """If one handle is taken, the request gets none of the others."""
    owner, other = made(client, **fresh_handles()), made(client)
    wanted = {**fresh_handles(), "userName": owner["userName"]}
    assert is_conflict(client.patch(other["userId"], **wanted), "userName")
    assert is_conflict(register(client, **wanted), "userName")
    assert made(client, email=wanted["email"], externalId=wanted["externalId"])


def test_kinds_of_handles_do_not_conflict_with_each_other(client):
    text = fresh_email()
    users = [made(client, email=text), made(client, externalId=text), made(client, userName=text)]
    for kind, user in zip(HANDLES, users):
        assert ids(client.find(**{kind: text})) == [user["userId"]]
    alone = fresh_email()
    assert made(client, email=alone, externalId=alone, userName=alone)["version"] == 1


def test_letter_case_matters_in_external_ids_only(client):
    handles = fresh_handles()
    owner = made(client, **handles)
    for kind in ("email", "userName"):
        for spelt in (handles[kind].upper(), handles[kind].lower(), handles[kind].swapcase()):
            assert is_conflict(register(client, **{kind: spelt}), kind)
            assert ids(client.find(**{kind: spelt})) == [owner["userId"]]
    upper = handles["externalId"].upper()
    assert client.find(externalId=upper) == []
    other = made(client, externalId=upper)
    assert ids(client.find(externalId=upper)) == [other["userId"]]
    assert ids(client.find(externalId=handles["externalId"])) == [owner["userId"]]


def test_user_names_ignore_the_case_of_ascii_letters_only(client):
    text = uuid.uuid4().hex
    lower, upper = made(client, userName="ä|" + text), made(client, userName="Ä|" + text)
    assert ids(client.find(userName="ä|" + text.upper())) == [lower["userId"]]
    assert ids(client.find(userName="Ä|" + text.upper())) == [upper["userId"]]
    assert is_conflict(register(client, userName="ä|" + text.upper()), "userName")


def test_equal_looking_handles_are_different(client):
    """They are compared by bytes, without Unicode normalisation."""
    text = uuid.uuid4().hex
    for kind in OPTIONAL:
        users = [made(client, **{kind: form + text}) for form in ("\u00e9", "e\u0301", "e")]
        for form, user in zip(("\u00e9", "e\u0301", "e"), users):
            assert ids(client.find(**{kind: form + text})) == [user["userId"]]


def test_change_of_letter_case_is_a_change_without_conflict(client):
    user = made(client, **fresh_handles())
    for version, kind in enumerate(HANDLES, 2):
        response = client.patch(user["userId"], **{kind: user[kind].swapcase()})
        assert response.status == 200 and response.json[kind] == user[kind].swapcase()
        assert response.json["version"] == version
    check_user(client, user["userId"])


# --- free

@pytest.mark.parametrize("kind", HANDLES)
def test_old_handle_is_free_at_once(client, kind):
    handle = fresh(kind)
    first = made(client, **{kind: handle})
    client.patch(first["userId"], **{kind: fresh(kind)})
    assert client.find(**{kind: handle}) == []
    second = made(client, **{kind: handle})
    client.set_status(second["userId"], "deleted")
    assert client.find(**{kind: handle}) == []
    third = made(client, **{kind: handle})
    assert ids(client.find(**{kind: handle})) == [third["userId"]]


@pytest.mark.parametrize("kind", OPTIONAL)
def test_removed_handle_is_free_at_once(client, kind):
    handle = fresh(kind)
    first = made(client, **{kind: handle})
    assert client.patch(first["userId"], **{kind: None}).status == 200
    assert client.find(**{kind: handle}) == []
    second = made(client, **{kind: handle})
    assert is_conflict(client.patch(first["userId"], **{kind: handle}), kind)
    assert ids(client.find(**{kind: handle})) == [second["userId"]]


def test_deleted_user_frees_all_handles(client):
    user = made(client, **fresh_handles())
    handles = {kind: user[kind] for kind in HANDLES}
    client.set_status(user["userId"], "deleted")
    successor = made(client, **handles)
    for kind in HANDLES:
        assert ids(client.find(**{kind: handles[kind]})) == [successor["userId"]]
    check_user(client, user["userId"], deleted=True)


def test_two_users_exchange_a_handle_in_three_steps(client):
    one, two = made(client, userName=fresh("userName")), made(client, userName=fresh("userName"))
    assert is_conflict(client.patch(one["userId"], userName=two["userName"]), "userName")
    assert client.patch(one["userId"], userName=None).status == 200
    assert client.patch(two["userId"], userName=one["userName"]).status == 200
    assert client.patch(one["userId"], userName=two["userName"]).status == 200
    assert ids(client.find(userName=one["userName"])) == [two["userId"]]
    assert ids(client.find(userName=two["userName"])) == [one["userId"]]


# --- find

@pytest.mark.parametrize("kind", OPTIONAL)
def test_lookup_is_exact(client, kind):
    handle = fresh(kind, "Exact")
    user = made(client, **{kind: handle})
    for spelt in (handle, "  %s " % handle):
        (found,) = client.find(**{kind: spelt})
        assert (found["userId"], found[kind]) == (user["userId"], handle)
    for near in (handle + "x", "x" + handle, handle[:-1], "*", "Exact*", "%", handle.replace("|", "%7C")):
        assert client.find(**{kind: near}) == []


@pytest.mark.parametrize("kind", OPTIONAL)
def test_lookup_honours_the_status_filter(client, kind):
    user = made(client, **{kind: fresh(kind)})
    query = {kind: user[kind]}
    assert ids(client.find(**query, status="active")) == [user["userId"]]
    assert client.find(**query, status="disabled") == []
    client.set_status(user["userId"], "disabled")
    assert client.find(**query, status="active") == []
    assert ids(client.find(**query, status="disabled", limit="1")) == ids(client.find(**query)) == [user["userId"]]


# --- rivals

@pytest.mark.parametrize("kind", HANDLES)
def test_rivals_move_a_handle_between_two_users(client, together, kind):
    """64 callers take one handle for two users and give it up again, while others look for it. It never has two
    owners, and the records, the entries and the search agree at the end."""
    handle = fresh(kind, "Rival")
    users = [made(client), made(client)]

    def give_up(user_id):
        return client.patch(user_id, **{kind: fresh(kind) if kind == "email" else None})

    def call(number):
        user_id = users[number % 2]["userId"]
        if number % 8 == 7:
            return [client.find(**{kind: handle}) for _ in range(6)]
        return [client.patch(user_id, **{kind: handle}) if (number // 2 + step) % 2 else give_up(user_id)
                for step in range(4)]

    results = together(64, call)
    taken = 0
    for number, result in enumerate(results):
        for outcome in result:
            if number % 8 == 7:
                assert len(outcome) <= 1 and all(user[kind] == handle for user in outcome)
            else:
                assert outcome.status == 200 or is_conflict(outcome, kind), outcome
                taken += outcome.status == 200 and outcome.json.get(kind) == handle
    assert taken > 0
    owners = [user["userId"] for user in users if client.get(user["userId"]).get(kind) == handle]
    assert len(owners) <= 1 and ids(client.find(**{kind: handle})) == owners
    for user in users:
        check_user(client, user["userId"])


@pytest.mark.parametrize("kind", OPTIONAL)
def test_race_for_one_handle_has_one_winner(client, together, kind):
    handle = fresh(kind, "race")
    users = [made(client)["userId"] for _ in range(4)]

    def call(number):
        spelt = handle.upper() if kind == "userName" and number % 3 == 0 else handle
        return client.patch(users[number], **{kind: spelt}) if number < 4 else register(client, **{kind: spelt})

    responses = together(16, call)
    winners = [response for response in responses if response.status in (200, 201)]
    assert len(winners) == 1, responses
    assert all(is_conflict(response, kind) for response in responses if response is not winners[0])
    assert ids(client.find(**{kind: handle})) == [winners[0].json["userId"]]
