"""Refresh, reuse, logout, foreign sites."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from apiflask import APIFlask
from sqlalchemy import select

from backend.identity import service, tokens
from backend.identity.models import LoginSession, RefreshToken
from backend.platform.db import db
from tests.actors import Stage
from tests.identity.conftest import Browser


def later(seconds: float) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds))


def cookie(browser: Browser, name: str = "refresh") -> str:
    found = browser.client.get_cookie(name, path="/api/auth")
    assert found is not None
    return found.value


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    browser.sign_in()
    kept = browser.client.get_cookie("refresh", path="/api/auth")
    assert kept is not None
    assert (kept.http_only, kept.same_site, kept.path) == (True, "Lax", "/api/auth")


def test_refresh_gives_new_tokens_and_both_work(browser: Browser) -> None:
    first = browser.sign_in()
    before = cookie(browser)
    reply = browser.post("/auth/refresh")
    assert reply.status_code == 200
    assert reply.headers["Cache-Control"] == "no-store"
    assert cookie(browser) != before
    assert browser.get("/me", reply.json["access_token"]).json["id"] == first["user"]["id"]


def test_two_tabs_may_refresh_with_the_same_token(browser: Browser, another: Browser) -> None:
    browser.sign_in()
    old = cookie(browser)
    assert browser.post("/auth/refresh").status_code == 200
    reply = another.post("/auth/refresh", {"refresh_token": old})
    assert reply.status_code == 200
    assert browser.post("/auth/refresh").status_code == 200


def test_an_old_token_that_comes_back_ends_the_login(browser: Browser, another: Browser) -> None:
    browser.sign_in()
    stolen = cookie(browser)
    token = browser.post("/auth/refresh").json["access_token"]
    with later(30):
        reply = another.post("/auth/refresh", {"refresh_token": stolen})
        assert (reply.status_code, reply.json["error"]["code"]) == (401, "login_expired")
        assert browser.get("/me", token).status_code == 401
        assert browser.post("/auth/refresh").status_code == 401


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None, "http://localhost.evil.example"])
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
def test_a_foreign_page_can_not_use_the_cookie(browser: Browser, origin: str | None, path: str) -> None:
    token = browser.sign_in()["access_token"]
    reply = browser.post(path, origin=origin)
    assert (reply.status_code, reply.json["error"]["code"]) == (403, "foreign_origin")
    assert browser.get("/me", token).status_code == 200


def test_logout_kills_both_tokens_at_once(browser: Browser) -> None:
    token = browser.sign_in()["access_token"]
    old = cookie(browser)
    assert browser.post("/auth/logout", Authorization=f"Bearer {token}").status_code == 204
    assert browser.get("/me", token).status_code == 401
    assert browser.post("/auth/refresh", {"refresh_token": old}).status_code == 401
    assert browser.client.get_cookie("refresh", path="/api/auth") is None


def test_logout_by_cookie_alone_and_without_anything(browser: Browser, another: Browser) -> None:
    token = browser.sign_in()["access_token"]
    assert browser.post("/auth/logout").status_code == 204
    assert browser.get("/me", token).status_code == 401
    assert another.post("/auth/logout").status_code == 204


def test_one_device_logging_out_leaves_the_other_alone(app: APIFlask, browser: Browser, stage: Stage) -> None:
    person = stage.applicant()
    with app.app_context():
        second = service.login_user(person.id)
    browser.post("/auth/logout", Authorization=f"Bearer {second.access_token}")
    assert person.get("/me")["id"] == person.id


def test_the_mini_program_gets_its_token_in_the_body_and_no_cookie(browser: Browser) -> None:
    code = browser.code_for("19900001111")
    reply = browser.post("/auth/phone", {"phone": "19900001111", "code": code}, X_Client="miniprogram")
    assert reply.json["refresh_token"]
    assert "Set-Cookie" not in reply.headers
    again = browser.post(
        "/auth/refresh", {"refresh_token": reply.json["refresh_token"]}, origin=None, X_Client="miniprogram"
    )
    assert again.status_code == 200
    assert again.json["refresh_token"] != reply.json["refresh_token"]


def test_a_staff_token_is_no_good_at_the_applicants_door(
    app: APIFlask, browser: Browser, stage: Stage
) -> None:
    agent = stage.agent()
    with app.app_context():
        done = tokens.open_login("staff", agent.id, "console", "")
    assert browser.post("/auth/refresh", {"refresh_token": done.refresh_token}).status_code == 401
    assert browser.post("/auth/staff/refresh", {"refresh_token": done.refresh_token}).status_code == 200


def test_forged_and_foreign_tokens_are_refused(app: APIFlask, browser: Browser, stage: Stage) -> None:
    login_id = jwt.decode(stage.applicant().token, options={"verify_signature": False})["sub"]
    at = datetime.now(UTC)
    claims = {"sub": login_id, "iat": at, "exp": at + timedelta(hours=1)}
    forged = [
        jwt.encode(claims, "another-secret-of-thirty-two-bytes!", algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        "not.a.token",
    ]
    assert [browser.get("/me", t).status_code for t in forged] == [401, 401, 401]


def test_only_hashes_of_refresh_tokens_are_stored(app: APIFlask, browser: Browser) -> None:
    browser.sign_in()
    with app.app_context():
        rows = db.session.scalars(select(RefreshToken)).all()
        assert [r.token_hash == cookie(browser) for r in rows] == [False]


def test_an_idle_console_is_signed_out_after_an_hour(app: APIFlask, browser: Browser, stage: Stage) -> None:
    agent = stage.agent()
    with app.app_context():
        done = tokens.open_login("staff", agent.id, "console", "")
    with later(3601):
        assert browser.post("/auth/staff/refresh", {"refresh_token": done.refresh_token}).status_code == 401


def test_a_scoped_login_names_its_scope_and_goes_nowhere_else(
    app: APIFlask, browser: Browser, stage: Stage
) -> None:
    person = stage.applicant()
    with app.app_context():
        done = service.login_scoped(person.id, scope="session:abc", entry="phone", device="")
        life = db.session.scalars(select(LoginSession).where(LoginSession.scope == "session:abc")).one()
        assert life.expires_at - life.created_at < timedelta(hours=5)
    assert browser.get("/me", done.access_token).json["scope"] == "session:abc"
    reply = browser.client.put(
        "/api/me", json={"real_name": "李四"}, headers={"Authorization": f"Bearer {done.access_token}"}
    )
    assert reply.status_code == 403


def test_entry_ticket_carries_the_login_into_the_web_view_once(browser: Browser, stage: Stage) -> None:
    """More of it in test_tickets.py."""
    url = stage.applicant().post("/auth/tickets", {"next": "/m/bookings"})["url"].partition("8000")[2]
    assert browser.client.get(url).headers["Location"] == "/m/bookings"
    assert browser.post("/auth/refresh").status_code == 200
    assert browser.client.get(url).status_code == 410
