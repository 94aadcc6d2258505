"""True presence with a real console socket: kept while it lives, offline soon after it is gone (P12)."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from apiflask import APIFlask
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from backend.realtime.bus import endpoints
from backend.session import duty, jobs, queue, service
from backend.staff.channel import room_of
from tests.actors import Agent
from tests.conftest import until
from tests.office import Office, actor
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def base(app: APIFlask) -> Iterator[str]:
    """The product under gunicorn, on the same database and Redis as `app`."""
    settings, port = app.extensions["settings"], free_port()
    env = os.environ | {
        "MODE": "test", "HOST": "127.0.0.1", "PORT": str(port), "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url, "STORAGE_URL": settings.storage_url, "LOG_LEVEL": "WARNING",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "wsgi:app"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        assert process.poll() is None
        try:
            return urllib.request.urlopen(f"{url}/healthz", timeout=2).status == 200
        except OSError:
            return False

    until(ready, 90)
    yield url
    process.terminate()
    process.wait(20)


@contextmanager
def listening(base: str, agent: Agent) -> Iterator[ClientConnection]:
    ticket = agent.post("/socket-tickets", {"channel": "console"})["ticket"]
    with connect(f"{base.replace('http', 'ws')}/ws?ticket={ticket}", origin=Origin(base), open_timeout=30) as socket:
        assert json.loads(socket.recv(timeout=30))["t"] == "hello"
        yield socket


def closing_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=30)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = json.loads(socket.recv(timeout=30))
        if message["t"] == kind:
            return message


def later(app: APIFlask, seconds: float, staff_id: str) -> str:
    """The agent's state when the watch looks, `seconds` from now."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds)), app.app_context():
        jobs.watch_agents()
        card = duty.of(staff_id)
        assert card
        return card.state


def test_a_console_keeps_its_agent_online_and_its_end_takes_them_off(
    app: APIFlask, office: Office, base: str
) -> None:
    agent = office.agent()

    def present() -> list[str]:
        with app.app_context():
            return endpoints(room_of(agent.id))

    with listening(base, agent):
        until(lambda: present() == ["console"])
        assert later(app, 60, agent.id) == "idle"
    until(lambda: present() == [])
    assert later(app, 120, agent.id) == "offline"


def test_the_console_hears_of_a_newcomer_and_takes_the_first(office: Office, base: str) -> None:
    """P10: a ready agent and a waiting applicant meet."""
    agent = office.agent()
    with listening(base, agent) as socket:
        session_id = office.queues(office.applicant())
        hint = heard(socket, "queue")
        assert (hint["group"], hint["waiting"]) == (office.group_id, 1)
        assert [s["id"] for s in agent.get("/console/state")["waiting"]] == [session_id]


def test_the_console_hears_of_the_answer(office: Office, base: str) -> None:
    """The line of a session says that it rings no longer: not at the next poll, but at once."""
    agent, person = office.agent(), office.applicant()
    with listening(base, agent) as socket:
        session_id = office.queues(person)
        office.takes(agent, session_id)
        before = office.do(lambda: queue.version(office.group_id))
        office.do(lambda: service.answer(actor(person), session_id))
        while heard(socket, "queue").get("version", 0) <= before:
            pass
        assert [s["state"] for s in agent.get("/console/state")["mine"]] == ["active"]


def test_a_second_console_replaces_the_first(office: Office, base: str) -> None:
    agent = office.agent()
    with listening(base, agent) as first, listening(base, agent):
        assert closing_code(first) == 4001


def test_logging_out_ends_the_socket(office: Office, base: str) -> None:
    agent = office.agent()
    with listening(base, agent) as socket:
        agent.client.post(
            "/api/auth/staff/logout", json={}, headers={"Authorization": f"Bearer {agent.token}"}
        )
        assert closing_code(socket) == 1008


def test_applicants_have_no_console(office: Office) -> None:
    status, _ = office.applicant().try_("POST", "/socket-tickets", {"channel": "console"})
    assert status == 404
