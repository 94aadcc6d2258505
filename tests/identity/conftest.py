"""Sign-in as a browser does it: cookies, an Origin, a user agent."""

from typing import Any

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

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
