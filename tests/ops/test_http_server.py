"""The HTTP server of production with the application behind it: whole bodies both ways, many at once, a clean stop."""

import json
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from backend.app import create_app
from backend.platform.db import db
from tests.conftest import until
from tests.ops.process import Command
from tests.ports import free_port


def answer(url: str, data: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    try:
        with urlopen(Request(url, data, headers), timeout=30) as reply:
            return reply.status, reply.read()
    except HTTPError as fault:
        return fault.code, fault.read()


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[tuple[Command, str]]:
    """The server (two processes) and its address."""
    folder = tmp_path_factory.mktemp("web")
    urls = {
        "database_url": f"sqlite:///{folder / 'web.db'}",
        "redis_url": redis_url,
        "storage_url": f"file://{folder / 'files'}",
    }
    app = create_app(mode="test", **urls)
    with app.app_context():
        db.create_all()
        db.engine.dispose()
    port = str(free_port())
    env = {"MODE": "test", "HOST": "127.0.0.1", "PORT": port, "WEB_WORKERS": "2", "WEB_THREADS": "8"}
    command = Command(sys.executable, "-m", "deploy.web", **env, **{k.upper(): v for k, v in urls.items()})
    base = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return answer(f"{base}/readyz")[0] == 200
        except OSError:
            return False

    try:
        until(ready, seconds=90)
        yield command, base
    finally:
        command.close()


def test_what_is_sent_arrives_whole(web: tuple[Command, str]) -> None:
    """A large body is judged by the application, in the one shape of errors."""
    base = web[1]
    kind = {"Content-Type": "application/json"}
    status, body = answer(f"{base}/api/auth/sms", json.dumps({"phone": "1" * 3_000_000}).encode(), **kind)
    assert (status, json.loads(body)["error"]["code"]) == (422, "invalid")


def test_what_is_served_arrives_whole(web: tuple[Command, str]) -> None:
    base = web[1]
    whole = answer(f"{base}/openapi.json")[1]
    assert json.loads(whole)["openapi"] == "3.1.0"
    with ThreadPoolExecutor(40) as pool:
        got = list(pool.map(lambda _: answer(f"{base}/openapi.json"), range(200)))
    assert {status for status, _ in got} == {200}
    assert {body for _, body in got} == {whole}


def test_sockets_are_refused_in_words(web: tuple[Command, str]) -> None:
    """This server can't carry them; the proxy sends them to the other one."""
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": web[1],
    }  # fmt: skip
    connection = HTTPConnection(web[1].removeprefix("http://"), timeout=30)
    connection.request("GET", "/ws", headers=upgrade)
    reply = connection.getresponse()
    assert (reply.status, json.loads(reply.read())["error"]["code"]) == (503, "unavailable")
    connection.close()


def test_it_stops_when_told(web: tuple[Command, str]) -> None:
    command, _ = web
    command.signal(signal.SIGTERM)
    assert command.end() == 0
