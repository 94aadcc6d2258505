"""The mini-program's login in its web-view: once, to our own pages, and ended with the login it came from (S34)."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from apiflask import APIFlask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from backend.identity import rules, service, tokens
from backend.identity.models import LoginSession
from backend.platform.db import db
from backend.platform.redis import redis
from tests.actors import Applicant, Stage
from tests.identity.conftest import Browser

NEXT = "/m/session/01jdh?call=1"
FOREIGN = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "m/",
    "/m/\t/evil",
    "/\n/evil.example",
    "/\x00m",
    "/%2f%2fevil.example",
    "/%5cevil.example",
    "/%252f%252fevil.example",
    "/m/..//evil.example",
    "/m/%2e%2e/api/me",
    "/api/auth/logout",
    "/API/me",
    "/enter/another-ticket",
    "/%65nter/x",
    "//evil.example@localhost/",
    "/m/ü",
]


@pytest.fixture
def app(make_app: object) -> APIFlask:
    return make_app(public_url="http://localhost")  # type: ignore[operator]


def address(person: Applicant, next_path: str = NEXT) -> str:
    return person.post("/auth/tickets", {"next": next_path})["url"]


def test_a_ticket_signs_the_web_view_in_and_leaves_a_clean_address(browser: Browser, stage: Stage) -> None:
    person = stage.applicant(entry="mp")
    made = person.post("/auth/tickets", {"next": NEXT})
    assert made["expires_in"] == 60
    assert made["url"].startswith("http://localhost/enter/")
    reply = browser.client.get(made["url"])
    assert (reply.status_code, reply.headers["Location"], reply.headers["Cache-Control"]) == (
        302,
        NEXT,
        "no-store",
    )
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    done = browser.post("/auth/refresh").json
    assert done["user"]["id"] == person.id
    assert browser.get("/me", done["access_token"]).json["entry"] == "mp"


def test_a_second_use_and_an_unknown_ticket_meet_a_page_for_people(
    browser: Browser, another: Browser, stage: Stage
) -> None:
    url = address(stage.applicant())
    browser.client.get(url)
    for used in (url, "http://localhost/enter/" + "x" * 22, "http://localhost/enter/" + "x" * 4000):
        again = another.client.get(used)
        assert (again.status_code, again.mimetype) == (410, "text/html")
        assert "请返回小程序重新打开" in again.text
        assert "Set-Cookie" not in again.headers
        assert "Location" not in again.headers


def test_a_ticket_lives_a_minute(app: APIFlask, browser: Browser, stage: Stage) -> None:
    address(stage.applicant())
    with app.app_context():
        (key,) = redis.keys("ticket:entry:*")
        assert 55 < redis.ttl(key) <= 60


def test_the_ticket_wins_over_the_cookie_that_is_there(browser: Browser, stage: Stage) -> None:
    first, second = stage.applicant("张三"), stage.applicant("李四")
    browser.client.get(address(first))
    browser.client.get(address(second))
    assert browser.post("/auth/refresh").json["user"]["id"] == second.id


@pytest.mark.parametrize("end", ["parent", "child"])
def test_both_logins_end_together(app: APIFlask, browser: Browser, stage: Stage, end: str) -> None:
    person = stage.applicant(entry="mp")
    browser.client.get(address(person))
    child = browser.post("/auth/refresh").json["access_token"]
    if end == "parent":
        person.post("/auth/logout")
    else:
        browser.post("/auth/logout", Authorization=f"Bearer {child}")
    assert browser.get("/me", child).status_code == 401
    assert person.try_("GET", "/me")[0] == 401
    assert browser.post("/auth/refresh").status_code == 401


def test_a_grandchild_ends_too_and_another_login_of_the_person_does_not(
    app: APIFlask, browser: Browser, another: Browser, stage: Stage
) -> None:
    person = stage.applicant(entry="mp")
    with app.app_context():
        elsewhere = service.login_user(person.id)
    browser.client.get(address(person))
    child = browser.post("/auth/refresh").json["access_token"]
    another.client.get(address(Applicant(app, child, "张三", person.id)))
    grandchild = another.post("/auth/refresh").json["access_token"]
    person.post("/auth/logout")
    assert another.get("/me", grandchild).status_code == 401
    assert another.get("/me", elsewhere.access_token).status_code == 200


def test_a_ticket_of_an_ended_login_opens_nothing(browser: Browser, stage: Stage) -> None:
    person = stage.applicant()
    url = address(person)
    person.post("/auth/logout")
    reply = browser.client.get(url)
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (410, False)


def test_the_child_lives_no_longer_than_its_parent(app: APIFlask, browser: Browser, stage: Stage) -> None:
    person = stage.applicant()
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=600)):
        browser.client.get(address(person))
    with app.app_context():
        lives = db.session.scalars(
            select(LoginSession.expires_at).where(LoginSession.subject_id == person.id)
        ).all()
    assert len(lives) == 2
    assert len(set(lives)) == 1


@pytest.mark.parametrize("path", FOREIGN)
def test_a_ticket_leads_to_our_own_pages_only(stage: Stage, path: str) -> None:
    status, body = stage.applicant().try_("POST", "/auth/tickets", {"next": path})
    assert (status, body["error"]["code"]) in ((422, "foreign_path"), (422, "invalid"))


@given(st.text(max_size=60) | st.from_regex(r"/[/\\.%25efm\t]{1,12}(evil\.example)?", fullmatch=True))
@example("/%2e%2e//evil.example")
def test_whatever_is_let_through_stays_on_the_page_a_browser_makes_of_it(text: str) -> None:
    if rules.is_local_path(text):
        there = urlsplit("http://localhost" + text)
        assert (there.scheme, there.hostname) == ("http", "localhost")
        assert not text.startswith(("//", "/\\"))
        assert text.isprintable()


@pytest.mark.parametrize(
    "path", ["/", "/m/", NEXT, "/m/scan/abc_-1?x=%2Fapi%2F&y=1", "/m/me#wechat_redirect", "/bookings"]
)
def test_pages_of_ours_pass(path: str) -> None:
    assert rules.is_local_path(path)


def test_a_login_narrowed_to_one_session_makes_no_ticket(app: APIFlask, stage: Stage) -> None:
    person = stage.applicant()
    with app.app_context():
        narrow = tokens.open_login("applicant", person.id, "phone", "", "session:abc")
    assert (
        Applicant(app, narrow.access_token, "张三", person.id).try_("POST", "/auth/tickets", {"next": NEXT})[
            0
        ]
        == 403
    )
