"""Who may listen to what: every channel, every role (reliability.md 4d, socket rooms)."""

import pytest

from backend.realtime import channels
from tests.architecture.access_matrix import LOOK, PEOPLE, ROLE_OF, STAFF
from tests.architecture.world import MISSING, World

EVERYBODY = frozenset(PEOPLE)
# channel → what to ask for, who may. A new channel without a row fails.
LISTENERS = {
    "session": ({"id": "session_id", "endpoint": "applicant-pc"}, LOOK),
    "slots": ({"item_id": "item_id"}, EVERYBODY),
    "console": ({}, STAFF),
}


def test_every_channel_has_a_row(world: World) -> None:
    assert set(channels._channels) - {"user"} == set(LISTENERS)


@pytest.mark.parametrize("name", LISTENERS)
@pytest.mark.parametrize("person", PEOPLE)
def test_tickets_for_sockets(world: World, name: str, person: str) -> None:
    world.put_back()
    asked, may = LISTENERS[name]
    headers = {"Authorization": f"Bearer {world.tokens[person]}"} if person in world.tokens else {}
    body = {"channel": name, **{k: world.values.get(v, v) for k, v in asked.items()}}
    post = world.app.test_client().post
    reply = post("/api/socket-tickets", json=body, headers=headers)
    if person in may:
        assert reply.status_code == 201, reply.json
        return
    assert reply.status_code == (404 if person in ROLE_OF else 401)
    if "id" in asked:
        missing = post("/api/socket-tickets", json=body | {"id": MISSING}, headers=headers)
        assert missing.status_code == reply.status_code
        assert missing.json["error"]["message"] == reply.json["error"]["message"]
