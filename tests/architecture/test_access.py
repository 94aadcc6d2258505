"""Every role tries every operation on a case that is its own, another's, and not there (reliability.md 4d).

The attempts are generated from the route list: a new route without a row in access_matrix.py fails here.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.test import TestResponse

from backend.app import create_app
from tests.architecture.access_matrix import MATRIX, PEOPLE, ROLE_OF, SCOPED, Row
from tests.architecture.world import World

FRAMEWORK = {"openapi.spec"}  # serves the API document, made by APIFlask


def routes(app: APIFlask) -> Iterator[tuple[str, Any]]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in FRAMEWORK:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield f"{method} {rule.rule}", app.view_functions[rule.endpoint]


GUARDED = [(operation, row) for operation, row in MATRIX.items() if not row.open]
WITH_OBJECT = [(operation, row) for operation, row in GUARDED if "_id>" in operation]


def test_every_route_declares_who_may_call_it() -> None:
    undeclared = [
        operation for operation, view in routes(create_app(mode="test")) if not hasattr(view, "access")
    ]
    assert undeclared == []


def test_every_route_has_a_row_and_the_row_says_what_the_route_says() -> None:
    declared = {
        op: (set(view.access), view.scoped)
        for op, view in routes(create_app(mode="test"))
        if hasattr(view, "access")
    }
    written = {operation: (set(row.roles), row.scoped) for operation, row in MATRIX.items()}
    assert declared == written


@pytest.mark.parametrize(("operation", "row"), GUARDED, ids=[operation for operation, _ in GUARDED])
def test_attempts(world: World, operation: str, row: Row) -> None:
    """0 wrong allow, 0 wrong deny."""
    wrong = []
    for person in PEOPLE:
        world.put_back()
        reply = world.attempt(operation, row, person)
        expected = verdict(operation, row, person)
        if expected != "allowed" and reply.status_code != expected:
            wrong.append(f"{person}: {reply.status_code} {code(reply)}, expected {expected}")
        if expected == "allowed" and (reply.status_code in (401, 403, 404) or reply.status_code >= 500):
            wrong.append(f"{person}: {reply.status_code} {code(reply)}, expected to get through")
    assert wrong == []


@pytest.mark.parametrize(("operation", "row"), WITH_OBJECT, ids=[operation for operation, _ in WITH_OBJECT])
def test_anothers_object_and_a_missing_one_give_the_same_answer(
    world: World, operation: str, row: Row
) -> None:
    world.put_back()
    strangers = [p for p in ROLE_OF if verdict(operation, row, p) == 404]
    for person in strangers:
        theirs = world.attempt(operation, row, person)
        missing = world.attempt(operation, row, person, missing=True)
        assert (theirs.status_code, without_request(theirs)) == (
            missing.status_code,
            without_request(missing),
        ), person
        assert len(theirs.data) == len(missing.data)


@pytest.mark.parametrize(("operation", "row"), WITH_OBJECT, ids=[operation for operation, _ in WITH_OBJECT])
def test_what_is_not_there_is_said_plainly_to_everyone(world: World, operation: str, row: Row) -> None:
    world.put_back()
    replies = {p: world.attempt(operation, row, p, missing=True).status_code for p in sorted(row.may)}
    assert set(replies.values()) <= {404, 409}, (
        replies
    )  # 409: the caller's own state forbids it before anything is looked up


@pytest.mark.parametrize(
    "operation", [operation for operation, row in GUARDED if not operation.startswith("GET")]
)
def test_cookies_alone_open_nothing(world: World, operation: str) -> None:
    """CSRF: another site's page can make a browser send our cookies, and no more than that."""
    world.put_back()
    method, rule = operation.split(" ", 1)
    client = world.app.test_client()
    for name in ("refresh", "staff_refresh", "access_token"):
        client.set_cookie(name, world.tokens["owner"], path="/")
    reply = client.open(
        rule.replace("<", "").replace(">", ""),
        method=method,
        json={},
        headers={"Origin": "http://evil.example"},
    )
    assert reply.status_code in (401, 404)  # 404: not even a path with a word where a number belongs
    assert reply.json["error"]["code"] in ("unauthenticated", "not_found")


def verdict(operation: str, row: Row, person: str) -> int | str:
    """What an attempt must meet: a status, or "allowed"."""
    if person not in ROLE_OF:
        return 401
    role = ROLE_OF[person]
    if "party" not in row.roles and role not in row.roles:
        return 403
    if person in SCOPED and not row.scoped:
        return 403
    if person in row.may:
        return "allowed"
    return 403 if person in row.sees else 404


def code(reply: TestResponse) -> str:
    return reply.json["error"]["code"] if reply.is_json and reply.json and "error" in reply.json else ""


def without_request(reply: TestResponse) -> str:
    body = reply.json
    body["error"].pop("request_id")
    return json.dumps(body, sort_keys=True)
