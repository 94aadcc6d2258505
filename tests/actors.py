"""Actors with verbs: a test reads as what people do. Each feature adds its verbs here, short ones."""

from __future__ import annotations

from io import BytesIO
from itertools import count
from typing import Any

from apiflask import APIFlask
from flask.testing import FlaskClient

from backend.platform.ids import new_id

_numbers = count(1)


class Refused(AssertionError):
    """The server answered with an error where a verb expected success."""

    def __init__(self, status: int, error: dict[str, Any]) -> None:
        self.status, self.code, self.error = status, error.get("code"), error
        super().__init__(f"{status} {error}")


class Person:
    """Somebody with a token. `ask` returns the JSON or raises Refused; `try_` returns (status, json)."""

    def __init__(self, app: APIFlask, token: str, name: str, id: str) -> None:
        self.app, self.token, self.name, self.id = app, token, name, id
        self.client: FlaskClient = app.test_client()

    def try_(self, method: str, path: str, json: Any = None, *, key: str | None = None, **kw: Any) -> tuple[int, Any]:
        """`path` without the /api prefix. A write carries a fresh Idempotency-Key unless `key` is given."""
        headers = {"Authorization": f"Bearer {self.token}", **kw.pop("headers", {})}
        if method != "GET":
            headers["Idempotency-Key"] = key or new_id()
        if json is not None:
            kw["json"] = json
        response = self.client.open(f"/api{path}", method=method, headers=headers, **kw)
        return response.status_code, response.get_json(silent=True) if response.is_json else response.data

    def ask(self, method: str, path: str, json: Any = None, **kw: Any) -> Any:
        status, body = self.try_(method, path, json, **kw)
        if status >= 400:
            raise Refused(status, body["error"] if isinstance(body, dict) else {"body": body})
        return body

    def get(self, path: str, **kw: Any) -> Any:
        return self.ask("GET", path, **kw)

    def post(self, path: str, json: Any = None, **kw: Any) -> Any:
        return self.ask("POST", path, {} if json is None and "data" not in kw else json, **kw)


class Applicant(Person):
    """申请人"""

    def uploads(self, material_id: str, data: bytes, name: str = "材料.jpg") -> dict[str, Any]:
        return self.post(f"/materials/{material_id}/versions", data={"file": (BytesIO(data), name)})

    def reads(self, commitment_id: str) -> dict[str, Any]:
        """The whole countdown, then 已阅读 (the test moves the clock in between)."""
        return self.post(f"/commitments/{commitment_id}/read")

    def gets_code(self, commitment_id: str) -> str:
        """A QR code; returns the token in it."""
        return self.post(f"/commitments/{commitment_id}/tickets")["url"].rsplit("/", 1)[1]

    def finds(self, words: str) -> dict[str, Any]:
        """The first item found."""
        return self.get("/items", query_string={"q": words})["items"][0]

    def holds(self, slot_id: str, item_id: str) -> dict[str, Any]:
        return self.post(f"/slots/{slot_id}/hold", {"item_id": item_id})

    def books(self, slot_id: str, item_id: str) -> dict[str, Any]:
        """Hold and confirm."""
        return self.post(f"/bookings/{self.holds(slot_id, item_id)['id']}/confirm")

    def cancels(self, booking_id: str) -> dict[str, Any]:
        return self.post(f"/bookings/{booking_id}/cancel")


class Agent(Person):
    """客服, also 班长 and 管理员 by role."""

    def asks_for(self, session_id: str, *names: str) -> list[dict[str, Any]]:
        """Push materials by name, not from the item's list."""
        return self.post(f"/sessions/{session_id}/materials", {"items": [{"name": n} for n in names]})["items"]

    def verifies(self, material_id: str) -> dict[str, Any]:
        return self.post(f"/materials/{material_id}/verify")

    def pushes_commitment(self, session_id: str) -> dict[str, Any]:
        return self.post(f"/sessions/{session_id}/commitments")


class Stage:
    """Makes people who are signed in, by a short cut through the service; sign-in is tested in tests/identity."""

    def __init__(self, app: APIFlask) -> None:
        self.app = app

    def applicant(self, name: str = "张三", *, entry: str = "pc") -> Applicant:
        from backend.identity import service as identity

        with self.app.app_context():
            user_id = identity.create_user(real_name=name, phone=f"1990000{next(_numbers):04d}")
            tokens = identity.login_user(user_id, entry=entry)
        return Applicant(self.app, tokens.access_token, name, user_id)

    def agent(self, name: str = "王老师", *, roles: tuple[str, ...] = ("agent",)) -> Agent:
        from backend.identity import staff_accounts

        n = next(_numbers)
        with self.app.app_context():
            staff_id = staff_accounts.add(f"kefu{n}", "Demo-2026!", name, f"{n:04d}", list(roles)).id
            tokens = staff_accounts.login(staff_id)
        return Agent(self.app, tokens.access_token, name, staff_id)
