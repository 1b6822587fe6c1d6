"""With If-Match a caller avoids overwriting a version that it has not seen. These tests send each form of the header,
and each of the four changes. A misread tag would overwrite silently."""

import pytest
from client import fresh_email, fresh_key
from rawhttp import RawConnection, signed_request


@pytest.fixture
def user_id(client):
    """A user at version 3 with the role viewer."""
    user_id = client.new_user(name="Old")["userId"]
    client.assign(user_id, "viewer")
    assert client.patch(user_id, name="New").json["version"] == 3
    return user_id


def changes(client, user_id):
    """The four changes. Each would take effect."""
    return [lambda h: client.patch(user_id, headers=h, name="Newer"),
            lambda h: client.assign(user_id, "editor", headers=h),
            lambda h: client.remove(user_id, "viewer", headers=h),
            lambda h: client.set_status(user_id, "disabled", headers=h)]


MATCHING = ['"3"', '"1", "3"', '"3","1"', '  "3"  ', '"x" , "3"', ',"3",', '*', ' * ', 'W/"1", "3"', 'W/"3","3"',
            '"", "3"', '"a,b", "3"']
STALE = ['"1"', '"2"', '"4"', '"03"', '"x"', '""', 'W/"3"', 'W/"3", W/"1"', '"1", "2"', '"3,4"',
         '"*"', '"+3"', '"0x3"', "\"'3'\"", '"3.0"', '"' + "3" * 100 + '"']
BAD = ["3", '"3', '3"', "'3'", '"3" "4"', '"1" 3', "**", '*, "3"', '"3", *', 'w/"3"', 'W/3', 'W/', "", " ", ",", ",,",
       '"3";', '"3"x', 'W/ "3"', '"a"b"', '"3 "', '" 3"']


@pytest.mark.parametrize("number", range(4))
def test_every_change_accepts_a_matching_tag(client, user_id, number):
    response = changes(client, user_id)[number]({"If-Match": '"3"'})
    assert response.status == 200 and response.etag == '"4"'


@pytest.mark.parametrize("number", range(4))
def test_every_change_rejects_a_stale_tag(client, user_id, number):
    response = changes(client, user_id)[number]({"If-Match": '"2"'})
    assert response.status == 412 and response.json["details"] == {"currentVersion": 3}
    assert client.get(user_id)["version"] == 3


@pytest.mark.parametrize("number", range(4))
def test_every_change_rejects_a_malformed_tag(client, user_id, number):
    response = changes(client, user_id)[number]({"If-Match": "3"})
    assert response.status == 400 and response.fields == {"If-Match"}


@pytest.mark.parametrize("tags", MATCHING)
def test_matching_tags_are_accepted(client, user_id, tags):
    assert client.patch(user_id, headers={"If-Match": tags}, name="Newer").status == 200


@pytest.mark.parametrize("tags", STALE)
def test_stale_tags_are_rejected(client, user_id, tags):
    response = client.patch(user_id, headers={"If-Match": tags}, name="Newer")
    assert response.status == 412 and response.json["details"] == {"currentVersion": 3}


@pytest.mark.parametrize("tags", BAD)
def test_malformed_tags_are_rejected(client, user_id, tags):
    response = client.patch(user_id, headers={"If-Match": tags}, name="Newer")
    assert response.status == 400 and response.fields == {"If-Match"}, response


def test_several_header_lines_form_one_list(server, client, user_id):
    body = b'{"status":"disabled"}'
    for tags, status in ((['"1"', '"2"'], 412), (['"1"', '"3"'], 200)):
        headers = [("If-Match", tag) for tag in tags]
        data = signed_request(server, client.key, "PUT", "/users/%s/status" % user_id, body, headers)
        with RawConnection(server) as connection:
            connection.send(data)
            assert connection.read_response().status == status


def test_no_op_with_a_current_tag_succeeds(client, user_id):
    response = client.set_status(user_id, "active", headers={"If-Match": '"3"'})
    assert response.status == 200 and response.etag == '"3"'


def test_no_op_with_a_stale_tag_is_412(client, user_id):
    for response in (client.set_status(user_id, "active", headers={"If-Match": '"2"'}),
                   client.assign(user_id, "viewer", headers={"If-Match": '"2"'}),
                   client.patch(user_id, headers={"If-Match": '"2"'}, name="New")):
        assert response.status == 412 and response.json["details"] == {"currentVersion": 3}


@pytest.mark.parametrize("tags", ['"99"', "*", "not a tag", 'W/"1"'])
def test_creation_and_reads_ignore_if_match(client, user_id, tags):
    headers = {"If-Match": tags}
    body = {"idempotencyKey": fresh_key(), "email": fresh_email(), "name": "Ada"}
    assert client.request("POST", "/users", body, headers=headers).status == 201
    assert client.request("GET", "/users/" + user_id, headers=headers).status == 200
    assert client.request("GET", "/users", headers=headers, query="limit=1").status == 200
    assert client.request("GET", "/users/%s/audit" % user_id, headers=headers).status == 200


def test_etag_of_a_response_works_as_the_next_if_match(client):
    response = client.create()
    user_id = response.json["userId"]
    for number in range(5):
        response = client.patch(user_id, headers={"If-Match": response.etag}, name="Step %d" % number)
        assert response.status == 200
    assert response.etag == '"6"' == client.request("GET", "/users/" + user_id).etag
