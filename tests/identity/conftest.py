"""Sign-in as a browser does it: cookies, an Origin, a user agent."""

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from backend.config import load
from backend.identity.sandbox.app import create_sandbox

ORIGIN = "http://localhost"


class Browser:
    """A browser with its own cookie jar on our own pages."""

    def __init__(self, app: APIFlask) -> None:
        self.client: FlaskClient = app.test_client()

    def post(
        self, path: str, body: dict[str, Any] | None = None, *, origin: str | None = ORIGIN, **headers: str
    ) -> Any:
        given = {k.replace("_", "-"): v for k, v in headers.items()}
        if origin is not None:
            given["Origin"] = origin
        return self.client.post(f"/api{path}", json=body or {}, headers=given)

    def get(self, path: str, token: str = "") -> Any:
        return self.client.get(f"/api{path}", headers={"Authorization": f"Bearer {token}"} if token else {})

    def code_for(self, phone: str) -> str:
        reply = self.post("/auth/sms", {"phone": phone})
        assert reply.status_code == 200, reply.json
        return reply.json["sandbox_code"]

    def sign_in(self, phone: str = "19900001111", **more: str) -> Any:
        reply = self.post("/auth/phone", {"phone": phone, "code": self.code_for(phone), **more})
        assert reply.status_code == 200, reply.json
        return reply.json


@pytest.fixture
def browser(app: APIFlask) -> Browser:
    return Browser(app)


@pytest.fixture
def another(app: APIFlask) -> Browser:
    return Browser(app)


class Platforms:
    """The identity platforms' stand-in over HTTP, with its control plane."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers), timeout=30) as reply:
            return json.loads(reply.read())

    def knows(self, key: str, name: str, phone: str, id_number: str = "", level: int = 3) -> str:
        who = {"key": key, "name": name, "phone": phone, "id_number": id_number, "level": level}
        return self.ask("/control/personas", who)["key"]

    def breaks(self, *kinds: str) -> None:
        self.ask("/control/faults", {"kinds": list(kinds)})

    def ishenzhen_code(self, persona: str = "zhangsan") -> str:
        return self.ask("/control/codes", {"persona": persona})["code"]

    def calls(self, name: str) -> int:
        return self.ask("/control/calls").count(name)


@pytest.fixture
def platforms() -> Iterator[Platforms]:
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    server.app = create_sandbox(load(mode="test", oidc_issuer=f"{url}/oidc", ishenzhen_url=f"{url}/ishenzhen"))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield Platforms(url)
    server.shutdown()
    server.server_close()


def settings_of(platforms: Platforms) -> dict[str, str]:
    """What an application needs to talk to them."""
    return {"oidc_issuer": f"{platforms.url}/oidc", "ishenzhen_url": f"{platforms.url}/ishenzhen"}
