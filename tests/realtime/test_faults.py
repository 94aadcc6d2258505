"""Redis dies, a process dies, a process is told to end; two processes serve one room (S22, kill drills)."""

import os
import signal
import threading

import pytest

from tests.conftest import until
from tests.realtime.conftest import Client, MakeServer, RedisProcess, Server

WORKERS = ["gthread", "gevent"]


def texts(client: Client, count: int) -> list[int]:
    return [client.await_("event", 15)["event"]["seq"] for _ in range(count)]


@pytest.mark.parametrize("worker", WORKERS)
def test_redis_is_killed_and_nothing_is_missed(
    make_server: MakeServer, bus_redis: RedisProcess, room: str, worker: str
) -> None:
    """S22: events in the gap and after it reach both processes' sockets, in order, once, within 5 s of its return."""
    here = make_server(worker=worker, redis_url=bus_redis.url)
    there = make_server(worker=worker, redis_url=bus_redis.url)
    a, b = here.socket(room, "agent").live(), there.socket(room, "applicant-pc").live()
    here.event(room)
    assert texts(a, 1) + texts(b, 1) == [1, 1]
    bus_redis.kill()
    here.event(room)  # the act is not disturbed; its own process tells its sockets at once
    assert texts(a, 1) == [2]
    bus_redis.start()
    here.event(room)
    found = []
    while [m["t"] for m in found].count("event") < 2 or not any(m["t"] == "replay" for m in found):
        found.append(b.hear())
    assert [m["event"]["seq"] for m in found if m["t"] == "event"] == [2, 3]
    assert texts(a, 1) == [3]
    until(lambda: here.ask(f"/live/room/{room}")["endpoints"] == ["agent", "applicant-pc"])
    here.event(room)
    assert texts(a, 1) + texts(b, 1) == [4, 4]
    a.close()
    b.close()


def test_presence_is_healed_after_a_flush(make_server: MakeServer, bus_redis: RedisProcess, room: str) -> None:
    server = make_server(redis_url=bus_redis.url, socket_ping_seconds=0.5)
    agent = server.socket(room, "agent").live()
    from redis import Redis

    Redis.from_url(bus_redis.url).flushall()
    until(lambda: server.ask(f"/live/room/{room}")["endpoints"] == ["agent"])
    agent.live().close()


def test_a_process_that_stays_deaf_ends(make_server: MakeServer, bus_redis: RedisProcess, room: str) -> None:
    server = make_server(redis_url=bus_redis.url, redis_patience_seconds=1)
    client = server.socket(room).live()
    pid = server.stats()["pid"]
    bus_redis.kill()
    assert client.closed() == 1012
    bus_redis.start()
    assert until(lambda: _pid(server) not in (None, pid))
    assert "this process ends" in server.log.read_text()


def _pid(server: Server) -> int | None:
    try:
        return server.stats()["pid"]
    except OSError:
        return None


@pytest.mark.parametrize("worker", WORKERS)
def test_a_stop_sends_clients_elsewhere_and_ends_soon(make_server: MakeServer, room: str, worker: str) -> None:
    server = make_server(worker=worker)
    clients = [server.socket(room).live() for _ in range(20)]
    server.process.terminate()
    assert [client.closed() for client in clients] == [1012] * 20
    server.process.wait(20)
    assert "Error" not in server.log.read_text()


def test_a_killed_worker_is_replaced_and_its_clients_return(make_server: MakeServer, room: str) -> None:
    server = make_server()
    client = server.socket(room, "agent").live()
    server.event(room)
    texts(client, 1)
    os.kill(server.stats()["pid"], signal.SIGKILL)
    assert client.closed() == 1006
    again = until(lambda: _reopened(server, room), 20)
    assert isinstance(again, Client)
    server.event(room)
    assert texts(again, 1) == [2]
    again.close()


def _reopened(server: Server, room: str) -> Client | None:
    try:
        return server.socket(room, "agent", after=1).live()
    except (OSError, EOFError):
        return None


@pytest.mark.parametrize("worker", WORKERS)
def test_two_processes_serve_one_room(make_server: MakeServer, room: str, worker: str) -> None:
    here, there = make_server(worker=worker), make_server(worker=worker)
    agent = here.socket(room, "agent").live()
    pc = there.socket(room, "applicant-pc").live()
    assert agent.await_("presence", endpoints=["agent", "applicant-pc"])
    for n in range(20):
        agent.say({"t": "signal", "to": "applicant-pc", "epoch": 0, "data": {"n": n}})
        pc.say({"t": "signal", "to": "agent", "epoch": 0, "data": {"n": n}})
    assert [pc.await_("signal")["data"]["n"] for _ in range(20)] == list(range(20))
    assert [agent.await_("signal")["data"]["n"] for _ in range(20)] == list(range(20))
    newer = here.socket(room, "applicant-pc").live()
    assert pc.closed() == 4001
    agent.say({"t": "signal", "to": "applicant-pc", "epoch": 0, "data": {"n": 99}})
    assert newer.await_("signal")["data"]["n"] == 99
    assert "close applicant-pc" not in here.ask(f"/live/room/{room}")["said"]
    newer.close()
    agent.close()


@pytest.mark.parametrize("worker", WORKERS)
def test_events_of_many_writers_come_in_order_once(make_server: MakeServer, room: str, worker: str) -> None:
    """Two processes announce events of one room at the same time: numbers arrive mixed and leave in order."""
    here, there = make_server(worker=worker), make_server(worker=worker)
    clients = [server.socket(room).live() for server in (here, there, here)]
    late = threading.Event()

    def write(server: Server) -> None:
        for n in range(40):
            server.event(room, silent=n % 7 == 3)  # some announcements are lost altogether
        late.wait(10)

    writers = [threading.Thread(target=write, args=(s,)) for s in (here, there)]
    for writer in writers:
        writer.start()
    clients.append(here.socket(room))
    late.set()
    for writer in writers:
        writer.join()
    last = here.event(room)
    for client in clients:
        assert texts(client, last) == list(range(1, last + 1))
        client.live().close()
