"""A write sent twice has one effect and one answer; the same key with another body is refused."""

import threading
from collections.abc import Iterator

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.platform import auth
from backend.platform.api import Blueprint, Schema, access
from backend.platform.audit import AuditEntry, audit
from backend.platform.auth import Actor
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Conflict


class NoteIn(Schema):
    text: str


@pytest.fixture
def client(any_app: APIFlask) -> Iterator[FlaskClient]:
    bp = Blueprint("probe", __name__, url_prefix="/api/probe")

    @bp.post("/notes")
    @access("applicant")
    @bp.input(NoteIn)
    def add(json_data: NoteIn) -> tuple[dict, int]:
        with unit_of_work():
            audit("note", json_data.text)
        if json_data.text == "refused":
            raise Conflict()
        return {"text": json_data.text, "count": _count()}, 201

    any_app.register_blueprint(bp)
    before = list(auth._loaders)
    auth.register_loader(lambda token: Actor("applicant", token, token, "login"))
    yield any_app.test_client()
    auth._loaders[:] = before


def _count() -> int:
    return len(db.session.scalars(select(AuditEntry.id)).all())


def _post(client: FlaskClient, text: str, key: str, who: str = "zhang"):
    headers = {"Authorization": f"Bearer {who}", "Idempotency-Key": key}
    return client.post("/api/probe/notes", json={"text": text}, headers=headers)


def test_the_second_answer_is_the_first(client: FlaskClient) -> None:
    first, second = _post(client, "a", "key-00001"), _post(client, "a", "key-00001")
    assert (first.status_code, first.json) == (second.status_code, second.json) == (201, {"text": "a", "count": 1})
    assert second.headers["Idempotent-Replay"] == "true"
    assert _post(client, "a", "key-00001", who="li").json["count"] == 2  # a key belongs to its caller


def test_another_body_with_the_same_key_is_refused(client: FlaskClient) -> None:
    _post(client, "a", "key-00001")
    answer = _post(client, "b", "key-00001")
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "idempotency_mismatch")


def test_a_refused_write_leaves_nothing_and_may_be_tried_again(client: FlaskClient, any_app: APIFlask) -> None:
    assert _post(client, "refused", "key-00001").status_code == 409
    with any_app.app_context():
        assert _count() == 0
    assert _post(client, "a", "key-00001").status_code == 201


def test_twenty_at_once_have_one_effect(client: FlaskClient, any_app: APIFlask) -> None:
    answers: list = []
    gate = threading.Barrier(20)

    def go() -> None:
        gate.wait()
        answers.append(_post(any_app.test_client(), "a", "key-00001"))

    threads = [threading.Thread(target=go) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert [a.status_code for a in answers] == [201] * 20
    assert {a.json["count"] for a in answers} == {1}


@pytest.mark.parametrize("body", ["nonsense", "{", "[]", "null", '{"text": 5}', '{"text": "a\\u0000b"}', "{}"])
def test_a_bad_body_is_the_callers_fault(client: FlaskClient, body: str) -> None:
    answer = client.post(
        "/api/probe/notes", data=body, content_type="application/json", headers={"Authorization": "Bearer zhang"}
    )
    assert answer.status_code in (400, 422)
    assert set(answer.json["error"]) == {"code", "message", "details", "request_id"}


def test_nobody_gets_in_without_a_token(client: FlaskClient) -> None:
    assert client.post("/api/probe/notes", json={"text": "a"}).json["error"]["code"] == "unauthenticated"
