"""People made of HTTP and a socket, for drills and load: they keep what the server acknowledged, to compare later.

A bot retries like the real clients do: the same Idempotency-Key until an answer that is not 502, 503 or a lost line.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

import requests
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect

from backend.platform.ids import new_id

RETRY = (502, 503, 504)


class BotRefused(AssertionError):
    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status} {body}")


class Bot:
    """One signed-in caller. `acked` holds the ids of messages that were answered with success."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self.http = requests.Session()
        self.http.headers["X-Client"] = "miniprogram"  # tokens in the body, no cookies
        self.acked: list[str] = []
        self.refresh_token = ""

    def ask(self, method: str, path: str, body: Any = None, *, patience: float = 30, **kw: Any) -> Any:
        """JSON of the answer; lost lines and 503 are retried with the same key for `patience` seconds."""
        headers = {"Idempotency-Key": new_id()} if method != "GET" else {}
        if body is not None:
            kw["json"] = body
        end = time.monotonic() + patience
        while True:
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                answer = self.http.request(method, f"{self.url}/api{path}", headers=headers, timeout=10, **kw)
                if answer.status_code not in RETRY:
                    break
            if time.monotonic() > end:
                raise TimeoutError(f"{method} {path}: no answer in {patience} s")
            time.sleep(0.1)
        content = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.content
        if answer.status_code >= 400:
            raise BotRefused(answer.status_code, content)
        return content

    def get(self, path: str, **kw: Any) -> Any:
        return self.ask("GET", path, **kw)

    def post(self, path: str, body: Any = None, **kw: Any) -> Any:
        return self.ask("POST", path, {} if body is None and "files" not in kw else body, **kw)

    def _tokens(self, answer: dict[str, Any]) -> None:
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self.refresh_token = answer.get("refresh_token", "")

    def say(self, session_id: str, text: str) -> str:
        """Send a line; returns its client id, which from then on must never be lost."""
        client_id = new_id()
        self.post(f"/sessions/{session_id}/messages", {"client_id": client_id, "text": text})
        self.acked.append(client_id)
        return client_id

    def listen(self, session_id: str, endpoint: str) -> Ear:
        return Ear(self, session_id, endpoint)


class ApplicantBot(Bot):
    def sign_in(self, phone: str) -> ApplicantBot:
        code = self.post("/auth/sms", {"phone": phone})["sandbox_code"]
        self._tokens(self.post("/auth/phone", {"phone": phone, "code": code, "real_name": self.name}))
        return self

    def queue_now(self, query: str = "教师资格认定") -> str:
        """Book the running slot of an item and join its line; returns the session id."""
        item = next(i for i in self.get(f"/items?q={query}")["items"] if i["video_enabled"])
        days = self.get(f"/items/{item['id']}/days")["days"]
        slots = self.get(f"/items/{item['id']}/slots?date={days[0]['date']}")
        slots = slots["items"] if isinstance(slots, dict) else slots
        slot = next(s for s in slots if s["state"] == "open")
        booking = self.post(f"/slots/{slot['id']}/hold", {"item_id": item["id"]})
        self.post(f"/bookings/{booking['id']}/confirm")
        gate = self.get(f"/bookings/{booking['id']}/gate")
        consents = [{"text_id": t["id"], "version": t["version"]} for t in gate["texts"]]
        view = self.post(
            f"/bookings/{booking['id']}/queue",
            {"consents": consents, "materials_ready": True, "endpoint": "applicant-pc"},
        )
        return view["id"]


class AgentBot(Bot):
    def sign_in(self, password: str = "Demo-2026!") -> AgentBot:
        self._tokens(self.post("/auth/staff", {"username": self.name, "password": password}))
        self.post("/console/duty", {"state": "idle"})
        return self


class Ear(threading.Thread):
    """A socket that comes back by itself and replays: `events` is what this side has seen, in order."""

    def __init__(self, bot: Bot, session_id: str, endpoint: str) -> None:
        super().__init__(daemon=True)
        self.bot, self.session_id, self.endpoint = bot, session_id, endpoint
        self.events: list[dict[str, Any]] = []
        self.signals: list[dict[str, Any]] = []
        self.opened = 0
        self._stop_now = threading.Event()
        self._socket: ClientConnection | None = None
        self.start()

    @property
    def seq(self) -> int:
        return self.events[-1]["seq"] if self.events else 0

    def heard(self, client_id: str) -> bool:
        return any(e.get("payload", {}).get("client_id") == client_id for e in list(self.events))

    def run(self) -> None:
        while not self._stop_now.is_set():
            with contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake, TimeoutError, BotRefused):
                self._once()
            self._stop_now.wait(0.2)

    def _once(self) -> None:
        ticket = self.bot.post(
            "/socket-tickets", {"channel": "session", "id": self.session_id, "endpoint": self.endpoint}, patience=5
        )
        address = f"{self.bot.url.replace('http', 'ws', 1)}/ws?ticket={ticket['ticket']}&after={self.seq}"
        with connect(address, origin=self.bot.url, open_timeout=5) as socket:  # type: ignore[arg-type]
            self._socket = socket
            self.opened += 1
            while not self._stop_now.is_set():
                try:
                    self._take(json.loads(socket.recv(timeout=20)))
                except TimeoutError:
                    socket.send('{"t":"ping"}')

    def _take(self, message: dict[str, Any]) -> None:
        if message["t"] == "event":
            self._append(message["event"])
        elif message["t"] == "signal":
            self.signals.append(message)
        elif message["t"] == "replay":
            for event in self.bot.get(f"/sessions/{self.session_id}/events?after={self.seq}")["events"]:
                self._append(event)

    def _append(self, event: dict[str, Any]) -> None:
        if event["seq"] <= self.seq:
            return
        if event["seq"] > self.seq + 1:  # a gap: fetch what is between
            for missed in self.bot.get(f"/sessions/{self.session_id}/events?after={self.seq}")["events"]:
                if missed["seq"] == self.seq + 1:
                    self.events.append(missed)
            return
        self.events.append(event)

    def send(self, message: dict[str, Any]) -> None:
        assert self._socket is not None
        self._socket.send(json.dumps(message))

    def stop(self) -> None:
        self._stop_now.set()
        if self._socket:
            self._socket.close()
