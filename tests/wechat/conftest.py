"""The stand-in as a real HTTP server, its control plane, and the product's gateway talking to it."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from werkzeug.serving import make_server

from backend.config import load
from backend.wechat.gateway import Gateway, gateway
from backend.wechat.sandbox.app import create_sandbox


class Sandbox:
    """The control plane as verbs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data, method=method), timeout=10) as reply:
            return json.loads(reply.read() or b"null")

    def code(self, kind: str, persona: str = "张三") -> str:
        return self.ask("/__sandbox__/codes", {"kind": kind, "persona": persona})["code"]

    def later(self, seconds: float) -> None:
        self.ask("/__sandbox__/clock", {"seconds": seconds})

    def breaks(self, path: str, times: int = 1, **how: Any) -> None:
        self.ask("/__sandbox__/faults", {"path": path, "times": times, **how})

    def rotates(self, account: str = "mp") -> None:
        self.ask("/__sandbox__/rotate", {"account": account})

    def calls(self, path: str) -> list[dict[str, Any]]:
        return self.ask(f"/__sandbox__/calls?path={path}")

    def person(self, name: str = "张三") -> dict[str, Any]:
        return next(p for p in self.ask("/__sandbox__/personas") if p["name"] == name)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    server = make_server("127.0.0.1", 0, create_sandbox(load(mode="test")), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield Sandbox(f"http://127.0.0.1:{server.port}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def wechat(make_app: Any, sandbox: Sandbox) -> Iterator[Gateway]:
    app = make_app(wechat_sandbox_url=sandbox.url)
    with app.app_context():
        yield gateway()
