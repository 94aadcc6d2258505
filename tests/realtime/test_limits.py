"""What a single client may cost: sizes, slow readers, silent peers, numbers of sockets (S14, S18, S19, S20)."""

import json
import threading
import time
from collections import Counter

import pytest

from tests.conftest import until
from tests.realtime.conftest import MakeServer, Server
from tests.realtime.raw import RawClient, frame, zero_masked

WORKERS = ["gthread", "gevent"]


@pytest.mark.parametrize("worker", WORKERS)
def test_four_producers_on_one_socket_lose_nothing(make_server: MakeServer, room: str, worker: str) -> None:
    """S18: 4 × 250 messages of 20 KB, all parse, all arrive once, and signals come through in between.

    The outbox has room for all of them: what happens to one who reads too slowly is another test.
    """
    server = make_server(worker=worker, socket_outbox_bytes=40_000_000, socket_send_seconds=120)
    client, other = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    asked = {"room": room, "producers": 4, "count": 250, "size": 20_000}
    flood = threading.Thread(target=server.ask, args=("/live/flood", asked))
    flood.start()
    for n in range(50):
        other.say({"t": "signal", "to": "agent", "epoch": 0, "data": {"n": n}})
    seen: Counter[tuple[int, int]] = Counter()
    signals = []
    while len(seen) < 1000 or len(signals) < 50:
        message = client.hear()
        if message["t"] == "view":
            assert len(message["fill"]) == 20_000
            seen[(message["from"], message["n"])] += 1
        elif message["t"] == "signal":
            signals.append(message["data"]["n"])
    flood.join()
    assert set(seen.values()) == {1}
    assert signals == list(range(50))
    client.live().close()
    other.close()


def test_a_frame_of_30_mb_is_too_big(server: Server, room: str) -> None:
    other = server.socket(room).live()
    before = server.stats()["rss"]
    client = RawClient(server, room)
    client.send(zero_masked(b"x" * 30_000_000))
    assert client.close_code() in (1009, None)  # None: the kernel threw it away with our unread bytes
    assert server.stats()["rss"] - before < 10_000_000
    other.live().close()


def test_a_message_of_30_mb_in_pieces_is_too_big(server: Server, room: str) -> None:
    before = server.stats()["rss"]
    client = RawClient(server, room)
    piece = frame(b"x" * 1024, opcode=0, fin=False)
    client.send(frame(b"x" * 1024, fin=False))
    for _ in range(100):
        client.send(piece)
    assert client.close_code() in (1008, 1009)
    for _ in range(3):
        RawClient(server, room).send(frame(b"x" * 1024, fin=False) + piece * 30_000)
    assert server.stats()["rss"] - before < 10_000_000


def test_ten_thousand_fragments_are_too_many(server: Server, room: str) -> None:
    client = RawClient(server, room)
    client.send(frame(b"x", fin=False) + frame(b"x", opcode=0, fin=False) * 9_999)
    assert client.close_code() in (1008, 1009)


def test_a_message_just_within_the_limit_passes(server: Server, room: str) -> None:
    agent, pc = server.socket(room, "agent").live(), server.socket(room, "applicant-pc").live()
    message = json.dumps({"t": "signal", "to": "agent", "epoch": 0, "data": {"sdp": ""}})
    sdp = "x" * (64 * 1024 - len(message))
    pc.say({"t": "signal", "to": "agent", "epoch": 0, "data": {"sdp": sdp}})
    assert agent.await_("signal")["data"]["sdp"] == sdp
    pc.say({"t": "signal", "to": "agent", "epoch": 0, "data": {"sdp": sdp + "x"}})
    assert pc.closed() == 1009
    agent.close()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_slow_reader_is_let_go_and_costs_nobody_else(make_server: MakeServer, room: str, worker: str) -> None:
    patience = 4.0
    server = make_server(worker=worker, socket_send_seconds=patience)
    slow = RawClient(server, room, receive_buffer=4096)
    quick = server.socket(room).live()
    before = server.stats()["rss"]
    worst = 0.0
    fill = "x" * 20_000
    for n in range(150):
        said = time.monotonic()
        server.ask("/live/publish", {"room": room, "message": {"t": "view", "n": n, "fill": fill}})
        assert quick.await_("view")["n"] == n
        worst = max(worst, time.monotonic() - said)
    assert worst < patience  # nobody stood behind the slow one
    assert server.stats()["rss"] - before < 10_000_000
    until(lambda: server.stats()["open"] == 1)
    quick.live().close()
    slow.close()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_slow_reader_of_events_misses_none(make_server: MakeServer, room: str, worker: str) -> None:
    """Too far behind for its outbox, it gets the rest from the snapshot when it reads again: once and in order."""
    server = make_server(worker=worker, socket_send_seconds=120)  # it reads again in time
    client = server.socket(room, max_queue=1).live()
    time_to_read = threading.Event()
    count = 600
    fill = "x" * 20_000

    def write() -> None:
        for n in range(count):
            server.event(room, payload={"n": n, "fill": fill})
        time_to_read.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert time_to_read.wait(120)
    seen = [client.await_("event", 30)["event"]["seq"] for _ in range(count)]
    assert seen == list(range(1, count + 1))
    writer.join()
    client.live().close()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_silent_peer_is_found_and_one_that_answers_stays(make_server: MakeServer, room: str, worker: str) -> None:
    dead = 3.0
    server = make_server(worker=worker, socket_ping_seconds=0.5, socket_dead_seconds=dead)
    silent = RawClient(server, room)
    alive = server.socket(room)  # the client package answers pings by itself
    until(lambda: server.stats()["open"] == 2, every=0.01)
    until(lambda: server.stats()["open"] == 1)
    end = time.monotonic() + dead
    until(lambda: time.monotonic() > end)
    alive.live().close()
    silent.close()


def test_a_return_after_a_broken_line_is_let_in_at_once(server: Server, room: str) -> None:
    """S14: the server still holds the dead connection."""
    dead = RawClient(server, room, "applicant-pc")
    agent = server.socket(room, "agent").live()
    back = server.socket(room, "applicant-pc").live()
    assert dead.close_code() == 4001  # let go for the new one, not found dead
    agent.say({"t": "signal", "to": "applicant-pc", "epoch": 0, "data": {}})
    assert back.await_("signal")
    assert server.ask(f"/live/room/{room}")["endpoints"] == ["agent", "applicant-pc"]
    back.close()
    agent.close()


@pytest.mark.parametrize("worker", WORKERS)
def test_sockets_above_the_limit_get_a_clean_no(make_server: MakeServer, room: str, worker: str) -> None:
    """S19: threads + 50 sockets; HTTP goes on."""
    server = make_server(worker=worker, threads=16, socket_limit=8)
    held = [server.socket(room).live() for _ in range(8)]
    for _ in range(58):
        assert server.socket(room).closed() == 1013
    assert server.status("/healthz") == 200
    server.event(room)
    assert all(client.await_("event") for client in held)
    held.pop().close()
    until(lambda: server.stats()["open"] == 7)
    server.socket(room).live().close()
    for client in held:
        client.close()


@pytest.mark.parametrize("worker", WORKERS)
def test_a_thousand_visits_leave_nothing_behind(make_server: MakeServer, room: str, worker: str) -> None:
    server = make_server(worker=worker, threads=32)

    def visits(count: int) -> dict[str, int]:
        for n in range(count):
            client = server.socket(room, "agent")
            if n % 2:
                client.raw.socket.close()  # no closing handshake
            else:
                client.close()
        until(lambda: server.stats()["open"] == 0, 20)
        return server.stats()

    base = visits(200)  # threads and database connections that are kept are there now
    after = visits(1000)
    assert after["fds"] <= base["fds"] + 10
    assert after["threads"] <= base["threads"] + 5
    assert after["rss"] - base["rss"] < 20_000_000
