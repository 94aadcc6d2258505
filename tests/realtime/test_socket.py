"""The socket itself: who gets in, replay, order, presence, signalling, limits. On threads and on gevent."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import until
from tests.realtime.conftest import Server


def test_hello_replay_then_live(server: Server, room: str) -> None:
    for n in range(3):
        server.event(room, payload={"n": n})
    client = server.socket(room, after=1)
    assert client.hear() == {"t": "hello", "seq": 1, "endpoint": None, "epoch": 0}
    server.event(room, payload={"n": 3})
    assert [client.await_("event")["event"]["seq"] for _ in range(3)] == [2, 3, 4]
    client.close()


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "file://", None])
def test_a_foreign_page_is_refused(server: Server, room: str, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        server.socket(room, origin=origin)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["error"]["code"] == "forbidden"


def test_a_ticket_opens_one_socket(server: Server, room: str) -> None:
    ticket = server.ticket(room)
    first = server.socket(room, ticket=ticket).live()
    assert server.socket(room, ticket=ticket).closed() == 4003
    assert server.socket(room, ticket="nonsense").closed() == 4003
    first.live().close()


def test_an_unknown_channel_is_not_found(server: Server) -> None:
    from urllib.error import HTTPError

    with pytest.raises(HTTPError) as refused:
        server.ask("/api/socket-tickets", {"channel": "nowhere"})
    assert refused.value.code == 404


def test_plain_http_on_the_socket_path_is_a_bad_request(server: Server) -> None:
    assert server.status("/ws") == 400
    assert server.status("/ws", {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": server.base}) == 400


def test_presence_tells_the_other_side(server: Server, room: str) -> None:
    agent = server.socket(room, "agent").live()
    applicant = server.socket(room, "applicant-pc").live()
    assert agent.await_("presence", endpoints=["agent", "applicant-pc"])
    applicant.close()
    assert agent.await_("presence", endpoints=["agent"])
    state = until(lambda: (s := server.ask(f"/live/room/{room}"))["said"][-1:] == ["close applicant-pc"] and s)
    assert state == {"endpoints": ["agent"], "said": ["open agent", "open applicant-pc", "close applicant-pc"]}
    agent.close()


def test_the_newest_socket_of_an_endpoint_wins(server: Server, room: str) -> None:
    old = server.socket(room, "agent").live()
    new = server.socket(room, "agent").live()
    assert old.closed() == 4001
    new.live()
    state = server.ask(f"/live/room/{room}")
    assert state["endpoints"] == ["agent"]
    assert "close agent" not in state["said"]  # nobody was lost
    new.close()


def test_signals_go_to_the_endpoint_and_carry_its_sender(server: Server, room: str) -> None:
    agent, pc, phone = (server.socket(room, e).live() for e in ("agent", "applicant-pc", "applicant-phone"))
    data = {"description": {"type": "offer", "sdp": "v=0"}}
    agent.say({"t": "signal", "to": "applicant-phone", "epoch": 0, "data": data})
    assert phone.await_("signal") == {"t": "signal", "from": "agent", "epoch": 0, "data": data}
    pc.say({"t": "ping"})
    while (message := pc.hear())["t"] != "pong":
        assert message["t"] != "signal"
    for client in (agent, pc, phone):
        client.close()


def test_a_signal_cannot_lie_about_its_sender(server: Server, room: str) -> None:
    agent, pc = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    pc.say('{"t":"signal","to":"agent","epoch":0,"data":{},"from":"agent"}')
    assert pc.closed() == 1008
    pc = server.socket(room, "applicant-pc").live()
    pc.say('{"t":"event","t":"signal","to":"agent","epoch":0,"data":{"from":"recorder","from":"x"}}')
    assert agent.await_("signal")["from"] == "applicant-pc"
    agent.close()
    pc.close()


def test_signals_of_an_old_call_are_dropped(server: Server, room: str) -> None:
    agent, pc = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    server.event(room, kind="call.started", payload={"epoch": 2, "endpoint": "applicant-pc"})
    agent.await_("event")
    for epoch in (1, 2, 3):
        agent.say({"t": "signal", "to": "applicant-pc", "epoch": epoch, "data": {"n": epoch}})
    assert [pc.await_("signal")["epoch"] for _ in range(2)] == [2, 3]
    agent.close()
    pc.close()


def test_typing_and_pointer_go_to_the_others(server: Server, room: str) -> None:
    agent, pc = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    pc.say({"t": "typing", "text": "not passed on"})
    assert agent.await_("typing") == {"t": "typing", "from": "applicant-pc"}
    agent.say({"t": "pointer", "x": 0.25, "y": 1})
    assert pc.await_("pointer") == {"t": "pointer", "from": "agent", "x": 0.25, "y": 1}
    agent.close()
    pc.close()


@pytest.mark.parametrize(
    "text",
    [
        "", "no json", "[]", "null", "1", '{"t":"event"}', '{"t":["ping"]}', '{"t":"accept"}', "[" * 3000,
        '{"t":"pointer","x":2,"y":0}', '{"t":"pointer","x":"0","y":0}', '{"t":"pointer","x":NaN,"y":0}',
        '{"t":"signal"}', '{"t":"signal","to":"agent","epoch":0,"data":[]}',
        '{"t":"signal","to":"applicant-pc","epoch":0,"data":{}}', '{"t":"signal","to":"agent","epoch":-1,"data":{}}',
        '{"t":"signal","to":"agent","epoch":true,"data":{}}', '{"t":"signal","to":["agent"],"epoch":0,"data":{}}',
        '{"t":"signal","to":"nobody","epoch":0,"data":{}}', '{"t":"signal","to":"agent","epoch":1e3,"data":{}}',
    ],
)  # fmt: skip
def test_anything_else_ends_the_socket(server: Server, room: str, text: str) -> None:
    client = server.socket(room, "applicant-pc").live()
    client.say(text)
    assert client.closed() == 1008


def test_a_socket_without_an_endpoint_only_listens(server: Server, room: str) -> None:
    client = server.socket(room).live()
    client.say({"t": "typing"})
    assert client.closed() == 1008


def test_a_chatterbox_is_put_out_and_others_are_not(server: Server, room: str) -> None:
    quiet = server.socket(room).live()
    loud = server.socket(room)
    for _ in range(100):
        loud.say({"t": "ping"})
    assert loud.closed() == 1008
    quiet.live().close()


def test_log_out_ends_sockets(server: Server, room: str) -> None:
    client = server.socket(room).live()
    other = server.socket(room + "b").live()
    server.ask("/live/close", {"room": room})
    assert client.closed() == 1008
    other.live().close()
