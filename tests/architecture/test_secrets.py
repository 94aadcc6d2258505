"""ID numbers, phone numbers, tokens and keys are in no log line and in no answer (domain.md, Invariants)."""

import logging
from collections.abc import Iterator

import pytest
from apiflask import APIFlask

from backend.identity import service as identity
from backend.platform.db import db
from tests.architecture.access_matrix import MATRIX, PEOPLE
from tests.architecture.world import World
from tests.identity.conftest import Browser

PHONE, ID_NUMBER = "19912340678", "110101199003070000"


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(
            f"{record.getMessage()} {record.args} {record.exc_info} {record.__dict__.get('_record', '')}"
        )


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler, root = Lines(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def test_a_day_of_sign_ins_leaves_no_secret_in_a_log(app: APIFlask, lines: Lines) -> None:
    browser = Browser(app)
    code = browser.code_for(PHONE)
    signed = browser.post(
        "/auth/phone", {"phone": PHONE, "code": code, "real_name": "张三"}, X_Client="miniprogram"
    ).json
    bearer = {"Authorization": f"Bearer {signed['access_token']}"}
    browser.client.put("/api/me", json={"id_number": ID_NUMBER}, headers=bearer)
    browser.client.put("/api/me", json={"id_number": ID_NUMBER + "9"}, headers=bearer)
    browser.post("/auth/refresh", {"refresh_token": signed["refresh_token"]}, X_Client="miniprogram")
    browser.post("/auth/phone", {"phone": PHONE, "code": "000000"})
    browser.post("/auth/staff", {"username": "nobody", "password": "Secret-2026!"})
    assert lines.lines
    logged = "\n".join(lines.lines)
    secrets = {PHONE, ID_NUMBER, signed["access_token"], signed["refresh_token"], "Secret-2026!"}
    assert [s for s in secrets if s in logged] == []


def test_nobody_is_told_anothers_numbers(world: World) -> None:
    """Every answer to every role for every operation; only the owner's own reveal holds the number."""
    world.put_back()
    with world.app.app_context():
        owner = world.values["owner_id"]
        phone = identity.reveal(owner, "phone")
        identity.set_real_name(owner, id_number=ID_NUMBER)
    assert phone
    told = []
    for operation, row in MATRIX.items():
        if operation.endswith("/reveal"):
            continue
        for person in PEOPLE:
            body = world.attempt(operation, row, person).data.decode("utf-8", "ignore")
            told += [
                f"{operation} {person}"
                for secret in (phone, ID_NUMBER, "session_key", "password_hash")
                if secret in body
            ]
    assert told == []


def test_a_kept_answer_is_sealed(world: World) -> None:
    """What an agent was shown in full is not left behind with its Idempotency-Key."""
    world.put_back()
    operation = "POST /api/console/sessions/<session_id>/reveal"
    shown = world.attempt(operation, MATRIX[operation], "agent").json["value"]
    assert len(shown) == 11
    with world.app.app_context():
        dump = "\n".join(db.engine.raw_connection().driver_connection.iterdump())  # type: ignore[union-attr]
    assert "idempotency_key" in dump
    assert shown not in dump


def test_personal_numbers_are_encrypted_at_rest(app: APIFlask) -> None:
    browser = Browser(app)
    token = browser.sign_in(PHONE)["access_token"]
    browser.client.put(
        "/api/me", json={"id_number": ID_NUMBER}, headers={"Authorization": f"Bearer {token}"}
    )
    with app.app_context():
        dump = "\n".join(db.engine.raw_connection().driver_connection.iterdump())  # type: ignore[union-attr]
    assert "user_account" in dump
    assert PHONE not in dump
    assert ID_NUMBER not in dump
