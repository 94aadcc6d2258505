"""S16: every frame exactly once and in the order sent, whoever comes first, on one process and on two."""

from itertools import permutations

import pytest

from tests.conftest import until
from tests.realtime.conftest import Client, MakeServer, Server

FRAMES = [
    {"description": {"type": "offer", "sdp": "v=0"}},
    *({"candidate": {"candidate": f"candidate:{n}", "sdpMid": "0"}} for n in range(4)),
]


def send(client: Client, frames: list[dict]) -> None:
    for data in frames:
        client.say({"t": "signal", "to": "applicant-pc", "epoch": 1, "data": data})


def heard(client: Client, count: int) -> list[dict]:
    return [client.await_("signal")["data"] for _ in range(count)]


@pytest.mark.parametrize("worker", ["gthread", "gevent"])
def test_all_orders_are_passed_on_as_sent(make_server: MakeServer, room: str, worker: str) -> None:
    server = make_server(worker=worker, socket_signals_per_second=1000)
    agent, pc = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    for order in permutations(FRAMES):
        send(agent, list(order))
        assert heard(pc, 5) == list(order)
    agent.live().close()
    pc.live().close()


@pytest.mark.parametrize("processes", [1, 2])
def test_frames_wait_for_one_who_is_joining(make_server: MakeServer, room: str, processes: int) -> None:
    here = make_server()
    there = here if processes == 1 else make_server()
    agent = here.socket(room, "agent").live()
    for round_ in range(10):
        ticket = there.ticket(room, "applicant-pc")
        send(agent, FRAMES[:3])
        pc = there.socket(room, ticket=ticket)  # joining while the rest is sent
        send(agent, FRAMES[3:])
        assert heard(pc, 5) == FRAMES, round_
        pc.live().close()
        until(lambda: here.ask(f"/live/room/{room}")["endpoints"] == ["agent"])  # left for good
    agent.close()


def test_frames_of_an_old_call_do_not_wait(server: Server, room: str) -> None:
    agent = server.socket(room, "agent").live()
    send(agent, FRAMES[:1])
    agent.live()
    server.event(room, kind="call.started", payload={"epoch": 2, "endpoint": "applicant-pc"})
    agent.await_("event")
    pc = server.socket(room, "applicant-pc")
    pc.say({"t": "ping"})
    while (message := pc.hear())["t"] != "pong":
        assert message["t"] != "signal"
    pc.close()
    agent.close()
