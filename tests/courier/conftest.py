"""The courier's sandbox as a server of its own, the product served beside it, two people in session."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from apiflask import APIFlask
from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from backend.courier.sandbox import create_sandbox
from backend.platform import jobs
from tests.actors import Agent, Applicant, Stage
from tests.conftest import MakeApp
from tests.invariants import broken
from tests.office import Office
from tests.ports import free_port

KEY = "courier-sandbox"
GOOD = {"name": "张三", "phone": "19900001111", "district": "福田区", "address": "福中路100号市民中心C区3楼"}


@dataclass
class Sandbox:
    url: str

    def ask(self, method: str, path: str, json: Any = None) -> requests.Response:
        return requests.request(
            method, f"{self.url}{path}", json=json, headers={"Authorization": f"Bearer {KEY}"}, timeout=30
        )

    def fails(self, kind: str, times: int) -> None:
        self.ask("PUT", "/faults", {"kind": kind, "times": times})


@contextmanager
def served(app: Flask, port: int = 0) -> Iterator[BaseWSGIServer]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with served(create_sandbox(KEY)) as server:
        yield Sandbox(f"http://127.0.0.1:{server.server_port}")


@dataclass
class Counter:
    """One applicant and one agent in session, with a courier at the other end of the line."""

    office: Office
    applicant: Applicant
    agent: Agent
    session_id: str
    sandbox: Sandbox

    @property
    def app(self) -> APIFlask:
        return self.office.app

    def push(self) -> dict[str, Any]:
        return self.agent.post(f"/sessions/{self.session_id}/pickup")

    def window(self, n: int = 0) -> str:
        return self.applicant.get(f"/sessions/{self.session_id}/pickup/options")["windows"][n]["id"]

    def submit(self, **changed: Any) -> dict[str, Any]:
        form = {**GOOD, "window": self.window(), **changed}
        return self.applicant.post(f"/sessions/{self.session_id}/pickup/submit", form)

    def form(self, person: Applicant | Agent | None = None) -> Any:
        return (person or self.applicant).get(f"/sessions/{self.session_id}")["pickup"]

    def kinds(self) -> list[str]:
        events = self.agent.get(f"/sessions/{self.session_id}/events")["events"]
        return [e["kind"] for e in events if e["kind"].startswith("pickup.")]

    def run_jobs(self) -> None:
        with self.app.app_context():
            jobs.run_pending()


@pytest.fixture
def counter(make_app: MakeApp, sandbox: Sandbox) -> Iterator[Counter]:
    port = free_port()
    app = make_app(courier_url=sandbox.url, public_url=f"http://127.0.0.1:{port}")
    with served(app, port):
        office = Office(Stage(app))
        applicant, agent = office.applicant(), office.agent()
        yield Counter(office, applicant, agent, office.in_session(applicant, agent), sandbox)
        assert office.do(broken) == []
