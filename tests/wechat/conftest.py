"""The stand-in as a real HTTP server, its control plane, and the product's gateway talking to it."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from apiflask import APIFlask
from defusedxml.ElementTree import fromstring
from werkzeug.serving import make_server

from backend.config import load
from backend.platform import jobs
from backend.wechat import hooks
from backend.wechat.gateway import Gateway, gateway
from backend.wechat.menu import menu
from backend.wechat.messages import Push
from backend.wechat.sandbox.app import create_sandbox
from tests.ports import free_port


class Sandbox:
    """The control plane as verbs."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data, method=method), timeout=30) as reply:
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


AES = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode().rstrip("=")
ME = "oUserOpenid000000000000000001"


@dataclass
class Line:
    """The stand-in and the product, over HTTP both ways."""

    sandbox: Sandbox
    app: APIFlask
    base: str

    def push(self, account: str = "oa", **more: Any) -> list[dict[str, Any]]:
        message = {"FromUserName": ME, **more.pop("message")}
        url = f"{self.base}/wechat/push/{account}"
        asked = {"account": account, "url": url, "message": message, **more}
        return self.sandbox.ask("/__sandbox__/push", asked)["answers"]


@pytest.fixture
def line(make_app: Any) -> Iterator[Line]:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    keys = {"wechat_oa_aes_key": AES, "wechat_mp_aes_key": AES, "public_url": base}
    planned = load(mode="test", **keys)
    stand_in = make_server(
        "127.0.0.1", 0, create_sandbox(planned, product=base, menu=menu(planned)), threaded=True
    )
    sandbox = Sandbox(f"http://127.0.0.1:{stand_in.port}")
    files = {"MP_verify_abc123.txt": "abc123"}
    app = make_app(**keys, wechat_sandbox_url=sandbox.url, wechat_verify_files=files)
    product = make_server("127.0.0.1", port, app, threaded=True)
    for server in (stand_in, product):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Line(sandbox, app, base)
    for server in (stand_in, product):
        server.shutdown()
        server.server_close()


@pytest.fixture
def worked() -> Iterator[list[Push]]:
    """Pushes that were worked on, through the hook of a feature."""
    done: list[Push] = []
    for event in ("scan", "click", "subscribe"):
        hooks.on_event(event)(done.append)
    yield done
    for event in ("scan", "click", "subscribe"):
        hooks._events[event].remove(done.append)


def run_jobs(line: Line) -> None:
    with line.app.app_context():
        jobs.run_pending()


def text(content: str, msg_id: int = 1) -> dict[str, Any]:
    return {"MsgType": "text", "Content": content, "MsgId": msg_id}


def said(answer: dict[str, Any]) -> str:
    assert answer["status"] == 200
    return fromstring(answer["body"]).findtext("Content")


def query(token: str = "sandboxtokenoa", age: int = 0, **more: str) -> dict[str, str]:
    stamp, nonce = str(int(time.time()) - age), "123456"
    digest = hashlib.sha1("".join(sorted((token, stamp, nonce))).encode()).hexdigest()
    return {"signature": digest, "timestamp": stamp, "nonce": nonce, **more}
