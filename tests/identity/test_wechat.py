"""WeChat sign-in against the stand-in: one person through every door (S34, M1, M3; pitfalls 1, 12, 19)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from apiflask import APIFlask

from backend.identity import demo
from backend.platform.db import db
from tests.identity.conftest import Browser
from tests.wechat.conftest import Sandbox, sandbox

__all__ = ["sandbox"]


@pytest.fixture
def app(make_app: Any, sandbox: Sandbox) -> APIFlask:
    return make_app(wechat_sandbox_url=sandbox.url, public_url="http://localhost")


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def agree(url: str, persona: str = "zhangsan") -> str:
    """Choose a person on WeChat's page; where it sends the browser, without our host."""
    try:
        build_opener(Stay()).open(f"{url.split('#')[0]}&persona={persona}", timeout=30)
    except Exception as redirect:
        back = urlsplit(redirect.headers["Location"])  # type: ignore[attr-defined]
        return f"{back.path}?{back.query}"
    raise AssertionError("no redirect")


def start(browser: Browser, next_path: str = "/m/bookings") -> str:
    reply = browser.client.get("/api/auth/wechat/oa/start", query_string={"next": next_path})
    assert reply.status_code == 302
    return reply.headers["Location"]


def test_mini_program_and_phone_and_official_account_are_one_person(
    app: APIFlask, browser: Browser, another: Browser, sandbox: Sandbox
) -> None:
    by_phone = browser.sign_in("19900000001", real_name="张三")["user"]["id"]
    reply = another.post(
        "/auth/wechat/code", {"code": sandbox.code("login"), "entry": "mp"}, X_Client="miniprogram"
    ).json
    assert reply["user"]["name"] == "申请人"
    bearer = {"Authorization": f"Bearer {reply['access_token']}", "X_Client": "miniprogram"}
    asked = another.post("/me/phone", {"wechat_code": sandbox.code("phone")}, **bearer)
    assert (asked.status_code, asked.json["error"]["code"]) == (409, "name_needed")
    proof = asked.json["error"]["details"]["proof"]
    bound = another.post("/me/phone", {"proof": proof, "real_name": "张三"}, **bearer).json
    assert (bound["user"]["id"], bound["user"]["name"]) == (by_phone, "张三")
    assert another.get("/me", reply["access_token"]).status_code == 401

    arrived = browser.client.get(agree(start(browser)))
    assert (arrived.status_code, arrived.headers["Location"]) == (302, "/m/bookings")
    assert browser.post("/auth/refresh").json["user"]["id"] == by_phone


def test_the_session_key_reaches_no_client_and_no_table(
    app: APIFlask, browser: Browser, sandbox: Sandbox
) -> None:
    reply = browser.post("/auth/wechat/code", {"code": sandbox.code("login")})
    assert "session_key" not in reply.text
    with app.app_context():
        columns = {c.name for t in db.metadata.tables.values() for c in t.columns}
    assert "session_key" not in columns


def test_a_code_is_good_once(browser: Browser, sandbox: Sandbox) -> None:
    code = sandbox.code("login")
    assert browser.post("/auth/wechat/code", {"code": code}).status_code == 200
    again = browser.post("/auth/wechat/code", {"code": code})
    assert (again.status_code, again.json["error"]["code"]) == (401, "wechat_code_refused")


def test_the_return_address_hit_twice_signs_in_twice_with_one_exchange(
    app: APIFlask, browser: Browser, sandbox: Sandbox
) -> None:
    back = agree(start(browser))
    kept = browser.client.get_cookie("oauth_binding", path="/api/auth")
    assert kept is not None

    def load(_: int) -> str:
        again = app.test_client()
        again.set_cookie("oauth_binding", kept.value, path="/api/auth")
        return again.get(back).headers["Location"]

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(load, range(4))) == ["/m/bookings"] * 4
    assert len(sandbox.calls("/sns/oauth2/access_token")) == 1


def test_a_state_of_another_browser_is_refused(browser: Browser, another: Browser) -> None:
    back = agree(start(browser))
    assert another.client.get(back).headers["Location"] == "/m/login?error=wechat_refused"
    start(another)
    assert another.client.get(back).headers["Location"] == "/m/login?error=wechat_refused"


@pytest.mark.parametrize("change", [{"state": "0" * 32}, {"state": "../x"}, {"state": ""}, {"code": ""}])
def test_a_changed_return_is_refused(browser: Browser, change: dict[str, str]) -> None:
    back = urlsplit(agree(start(browser)))
    query = {k: v[0] for k, v in parse_qs(back.query).items()} | change
    reply = browser.client.get(back.path, query_string=query)
    assert reply.headers["Location"] == "/m/login?error=wechat_refused"
    assert "Set-Cookie" not in reply.headers


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example/x", "/\\evil.example"])
def test_the_way_back_stays_on_our_site(browser: Browser, path: str) -> None:
    assert browser.client.get(agree(start(browser, path))).headers["Location"] == "/m/"


def test_a_snapshot_user_is_told(browser: Browser, sandbox: Sandbox) -> None:
    sandbox.ask(
        "/__sandbox__/personas", {"key": "ghost", "name": "快照", "phone": "19900000099", "snapshot": True}
    )
    reply = browser.client.get(agree(start(browser), "ghost"))
    assert reply.headers["Location"] == "/m/login?error=wechat_snapshot_user"


def test_a_number_is_learned_though_the_token_was_rotated_elsewhere(
    app: APIFlask, browser: Browser, another: Browser, sandbox: Sandbox
) -> None:
    """P43: many at the moment the token has gone bad: each gets the number, and the token is renewed once."""
    people = []
    for name in ("张三", "李四", "王小明", "欧阳若曦"):
        code = sandbox.code("login", name)
        reply = another.post("/auth/wechat/code", {"code": code, "entry": "mp"}, X_Client="miniprogram").json
        people.append((reply["access_token"], name))
    first = Browser(app).post(
        "/me/phone",
        {"wechat_code": sandbox.code("phone", "张三")},
        Authorization=f"Bearer {people[0][0]}",
        X_Client="miniprogram",
    )
    assert first.status_code == 200
    before = len(sandbox.calls("/cgi-bin/stable_token"))
    sandbox.rotates()
    wanted = [(token, sandbox.code("phone", name)) for token, name in people[1:]]

    def bind(one: tuple[str, str]) -> int:
        headers = {"Authorization": f"Bearer {one[0]}", "X_Client": "miniprogram"}
        return Browser(app).post("/me/phone", {"wechat_code": one[1]}, **headers).status_code

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(bind, wanted)) == [200] * 3
    assert len(sandbox.calls("/cgi-bin/stable_token")) == before + 1


def test_wechat_down_is_said_clearly(browser: Browser, sandbox: Sandbox) -> None:
    code = sandbox.code("login")
    sandbox.breaks("/sns/jscode2session", times=9, status=500)
    reply = browser.post("/auth/wechat/code", {"code": code})
    assert (reply.status_code, reply.json["error"]["code"]) == (503, "wechat_unavailable")


def test_the_demonstration_knows_its_people(app: APIFlask, browser: Browser, sandbox: Sandbox) -> None:
    with app.app_context():
        assert "5 accounts added" in demo.load()
        assert "0 accounts added" in demo.load()
    reply = browser.post("/auth/wechat/code", {"code": sandbox.code("login", "欧阳若曦")}).json
    assert (reply["user"]["name"], reply["user"]["masked_phone"]) == ("欧阳若曦", "199****0004")
    for account in ("kefu01", "banzhang", "admin"):
        assert (
            browser.post("/auth/staff", {"username": account, "password": demo.PASSWORD}).status_code == 200
        )
