"""gunicorn with the real application, a Redis that may be killed, and clients of the `websockets` package."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.conftest import redis_server, until
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class RedisProcess:
    """A Redis of its own, which a test may kill."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [redis_server(), "--port", str(self.port), "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        until(self._answers)

    def _answers(self) -> bool:
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Server:
    """One gunicorn master. `socket()` opens a ticketed socket of the "stage" channel."""

    def __init__(self, folder: Path, redis_url: str, worker: str, threads: int, **settings: Any) -> None:
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        env = {
            **os.environ,
            "MODE": "test",
            "LOG_LEVEL": "WARNING",
            "REDIS_URL": redis_url,
            "DATABASE_URL": f"sqlite:///{folder / 'live.db'}",
            "STORAGE_URL": f"file://{folder / 'files'}",
            "GUNICORN_WORKER_CLASS": worker,
            "GUNICORN_THREADS": str(threads),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "SOCKET_TICKETS_PER_MINUTE": "100000",
            **{k.upper(): str(v) for k, v in settings.items()},
        }
        self.log = folder / f"gunicorn-{self.port}.log"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py", "tests.realtime.live_app:make()"],
            cwd=ROOT, env=env, stdout=(log := self.log.open("wb")), stderr=subprocess.STDOUT,
        )  # fmt: skip
        log.close()
        until(self._answers, 90, every=0.1)

    def _answers(self) -> bool:
        """The master listens long before a worker serves."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.status("/live/stats") == 200
        except OSError:
            return False

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def ask(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.base + path, data, {"Content-Type": "application/json", **(headers or {})})
        with urlopen(request, timeout=30) as reply:
            return json.loads(reply.read())

    def status(self, path: str, headers: dict[str, str] | None = None) -> int:
        try:
            with urlopen(Request(self.base + path, headers=headers or {}), timeout=30) as reply:
                return reply.status
        except HTTPError as fault:
            return fault.code

    def stats(self) -> dict[str, int]:
        return self.ask("/live/stats")

    def ticket(self, room: str, endpoint: str | None = None) -> str:
        asked = {"channel": "stage", "id": room} | ({"endpoint": endpoint} if endpoint else {})
        return self.ask("/api/socket-tickets", asked)["ticket"]

    def socket(self, room: str, endpoint: str | None = None, *, after: int = 0, **options: Any) -> "Client":
        ticket = options.pop("ticket", None) or self.ticket(room, endpoint)
        return Client(self.url(ticket, after), **{"origin": self.base, **options})

    def url(self, ticket: str, after: int = 0) -> str:
        return f"ws://127.0.0.1:{self.port}/ws?ticket={ticket}&after={after}"

    def event(self, room: str, **more: Any) -> int:
        return self.ask("/live/event", {"room": room, **more})["seq"]


class Client:
    """A browser's end of a socket."""

    def __init__(self, url: str, **options: Any) -> None:
        quiet = {"compression": None, "max_size": None, "proxy": None, "ping_interval": None}
        self.raw: ClientConnection = connect(url, open_timeout=30, legacy=True, **quiet, **options)

    def say(self, message: Any) -> None:
        self.raw.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def hear(self, timeout: float = 30) -> dict[str, Any]:
        return json.loads(self.raw.recv(timeout))

    def await_(self, kind: str, timeout: float = 30, **match: Any) -> dict[str, Any]:
        """The next message of `kind` whose fields are as in `match`; others are passed over."""
        while True:
            message = self.hear(timeout)
            if message["t"] == kind and all(message.get(k) == v for k, v in match.items()):
                return message

    def live(self) -> "Client":
        """Past the replay: a ping has been answered."""
        self.say({"t": "ping"})
        self.await_("pong")
        return self

    def closed(self, timeout: float = 30) -> int | None:
        """The close code that the server gives; awaits it."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self.raw.recv(timeout)
        except ConnectionClosed:
            return self.raw.protocol.close_code

    def close(self) -> None:
        self.raw.close()


MakeServer = Callable[..., Server]


@pytest.fixture
def bus_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    redis = RedisProcess(tmp_path)
    yield redis
    redis.kill()


@contextmanager
def _servers(folder: Path, default_redis: str) -> Iterator[MakeServer]:
    made: list[Server] = []

    def make(*, worker: str = "gthread", threads: int = 64, redis_url: str = default_redis, **settings: Any) -> Server:
        server = Server(folder, redis_url, worker, threads, **settings)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def make_server(tmp_path: Path, redis_url: str) -> Iterator[MakeServer]:
    """Start gunicorn with settings of a test's own."""
    with _servers(tmp_path, redis_url) as make:
        yield make


@pytest.fixture(scope="module", params=["gthread", "gevent"])
def server(request: pytest.FixtureRequest, redis_url: str) -> Iterator[Server]:
    """One gunicorn for a test file, once for each kind of worker."""
    folder = request.getfixturevalue("tmp_path_factory").mktemp("live")
    with _servers(folder, redis_url) as make:
        yield make(worker=request.param)


@pytest.fixture
def room(request: pytest.FixtureRequest) -> str:
    return "room:" + os.urandom(4).hex()
