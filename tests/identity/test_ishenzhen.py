"""Entry from the i深圳 app: its one-time code is exchanged server to server (S34, M1)."""

import time
from typing import Any

import pytest
import requests
from apiflask import APIFlask
from sqlalchemy import select

from backend.identity.ishenzhen import signature
from backend.identity.models import LoginSession
from backend.platform.db import db
from tests.identity.conftest import Browser, Platforms, settings_of


@pytest.fixture
def app(make_app: Any, platforms: Platforms) -> APIFlask:
    return make_app(**settings_of(platforms))


def come(browser: Browser, code: str) -> Any:
    return browser.post("/auth/ishenzhen", {"code": code}, X_Client="h5")


def test_a_code_signs_in_and_the_entry_is_recorded(
    app: APIFlask, browser: Browser, platforms: Platforms
) -> None:
    reply = come(browser, platforms.ishenzhen_code())
    assert (reply.json["user"]["name"], reply.json["user"]["real_name_level"]) == ("张三", 3)
    assert browser.post("/auth/refresh").status_code == 200
    with app.app_context():
        assert db.session.scalars(select(LoginSession.entry)).all() == ["ishenzhen"]


def test_the_app_opens_our_page_with_a_code(platforms: Platforms) -> None:
    reply = requests.get(f"{platforms.url}/ishenzhen/enter/lisi", allow_redirects=False, timeout=30)
    assert reply.headers["Location"].startswith("http://127.0.0.1:8000/m/?from=ishenzhen&code=")


@pytest.mark.parametrize("what", ["again", "unknown", "old", "of_the_other_platform"])
def test_a_code_that_is_not_good_is_explained(browser: Browser, platforms: Platforms, what: str) -> None:
    code = platforms.ishenzhen_code() if what != "unknown" else "no-such-code"
    if what == "again":
        assert come(browser, code).status_code == 200
    if what == "old":
        platforms.ask("/control/clock", {"seconds": 61})
    if what == "of_the_other_platform":
        code = "x" * 43
    reply = come(browser, code)
    assert (reply.status_code, reply.json["error"]["code"]) == (401, "ishenzhen_refused")
    assert "请返回 i深圳 重新进入" in reply.json["error"]["message"]


def test_a_platform_that_fails_is_said_clearly(make_app: Any, browser: Browser, platforms: Platforms) -> None:
    code = platforms.ishenzhen_code()
    platforms.breaks("ishenzhen_down")
    reply = come(browser, code)
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "ishenzhen_unavailable")
    away = Browser(make_app(ishenzhen_url="http://127.0.0.1:9"))
    assert come(away, code).status_code == 503


def test_the_exchange_is_signed_and_can_not_be_replayed(app: APIFlask, platforms: Platforms) -> None:
    settings = app.extensions["settings"]
    url = f"{platforms.url}/ishenzhen/api/user/exchange"
    now = int(time.time())
    fields = {
        "app_id": settings.ishenzhen_app_id,
        "code": platforms.ishenzhen_code(),
        "nonce": "n",
        "timestamp": now,
    }
    right = {**fields, "sign": signature(settings.ishenzhen_secret, fields)}
    wrong = [
        {**right, "sign": signature("another", fields)},
        {**right, "code": platforms.ishenzhen_code()},
        {**right, "app_id": "other"},
    ]
    assert [requests.post(url, json=w, timeout=30).json()["code"] for w in wrong] == [1002, 1002, 1001]
    assert requests.post(url, json=right, timeout=30).json()["code"] == 0
    assert requests.post(url, json=right, timeout=30).json()["code"] == 1003


def test_somebody_without_a_checked_name_is_no_one_elses_account(
    browser: Browser, another: Browser, platforms: Platforms
) -> None:
    mine = browser.sign_in("19900007777", real_name="赵六")["user"]
    platforms.knows("new", "赵六", "19900007777", level=0)
    reply = come(another, platforms.ishenzhen_code("new")).json["user"]
    assert reply["id"] != mine["id"]
    assert (reply["name"], reply.get("masked_phone")) == ("申请人", None)
