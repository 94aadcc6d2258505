"""Codes against the stand-in."""

import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest

from backend.wechat.errors import CodeRefused, UserBlocked, WechatBusy, WechatUnavailable
from backend.wechat.gateway import Gateway
from tests.wechat.conftest import Sandbox


def test_a_login_code_names_the_person_once(wechat: Gateway, sandbox: Sandbox) -> None:
    code = sandbox.code("login")
    who = wechat.code_to_session(code)
    person = sandbox.person()
    assert (who.openid, who.unionid) == (person["openid"]["mp"], person["unionid"])
    assert who.session_key
    assert who.session_key not in repr(who)
    with pytest.raises(CodeRefused) as refused:
        wechat.code_to_session(code)
    assert refused.value.details["errcode"] == 40163


@pytest.mark.parametrize("kind", ["login", "oauth"])
def test_a_code_lives_five_minutes(wechat: Gateway, sandbox: Sandbox, kind: str) -> None:
    code = sandbox.code(kind)
    sandbox.later(301)
    with pytest.raises(CodeRefused) as refused:
        (wechat.code_to_session if kind == "login" else wechat.oauth_exchange)(code)
    assert refused.value.details["errcode"] == 40029


def test_no_access_token_is_fetched_for_a_login(wechat: Gateway, sandbox: Sandbox) -> None:
    wechat.code_to_session(sandbox.code("login"))
    assert sandbox.calls("/cgi-bin/stable_token") == []


def test_the_phone_button_has_a_code_of_its_own(wechat: Gateway, sandbox: Sandbox) -> None:
    me = sandbox.person()["openid"]["mp"]
    assert wechat.phone_number(sandbox.code("phone"), me) == "19900000001"
    assert wechat.phone_number(sandbox.code("phone"), me) == "19900000001"  # countryCode as number and as text
    for code in (sandbox.code("login"), "unknown", ""):
        with pytest.raises(CodeRefused):
            wechat.phone_number(code, me)


def test_the_official_account_signs_in_by_the_browser(wechat: Gateway, sandbox: Sandbox) -> None:
    class Stay(HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    url = wechat.oauth_url("http://127.0.0.1:8000/api/auth/wechat/oa/callback?next=/m/", "abc123").split("#")[0]
    page = build_opener().open(url).read().decode()
    assert re.findall(r"<span>(\S+)</span>", page) == ["张三", "李四", "王小明", "欧阳若曦"]
    try:
        build_opener(Stay).open(url + "&persona=lisi")
        raise AssertionError("not sent back")
    except OSError as answer:
        target = answer.headers["Location"]  # type: ignore[attr-defined]
    back = parse_qs(urlsplit(target).query)
    assert (back["state"], back["next"]) == (["abc123"], ["/m/"])
    who = wechat.oauth_exchange(back["code"][0])
    assert who.openid == sandbox.person("李四")["openid"]["oa"]
    assert who.unionid == sandbox.person("李四")["unionid"]
    assert not who.is_snapshotuser


@pytest.mark.parametrize(
    "change", [("&scope=", "&sc="), ("127.0.0.1%3A8000", "evil.example"), ("state=abc", "state=a-c")]
)
def test_the_authorisation_page_keeps_wechats_rules(wechat: Gateway, change: tuple[str, str]) -> None:
    url = wechat.oauth_url("http://127.0.0.1:8000/back", "abc").split("#")[0]
    with pytest.raises(OSError, match="400"):
        build_opener().open(url.replace(*change))


@pytest.mark.parametrize("state", ["", "a-b", "a b", "中文", "x" * 129])
def test_a_state_is_letters_and_digits(wechat: Gateway, state: str) -> None:
    with pytest.raises(ValueError):
        wechat.oauth_url("http://127.0.0.1/", state)


def test_a_risky_account_is_refused(wechat: Gateway, sandbox: Sandbox) -> None:
    sandbox.ask("/__sandbox__/personas", {"key": "fx", "name": "风险", "phone": "19900000008", "risky": True})
    with pytest.raises(UserBlocked):
        wechat.code_to_session(sandbox.code("login", "风险"))


@pytest.mark.parametrize(
    ("how", "error"),
    [({"errcode": -1}, WechatUnavailable), ({"errcode": 45011}, WechatBusy), ({"status": 502}, WechatUnavailable)],
)
def test_wechats_troubles_are_ours_in_words(
    wechat: Gateway, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, how: dict[str, Any], error: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG)
    sandbox.breaks("/sns/jscode2session", **how)
    with pytest.raises(error) as refused:
        wechat.code_to_session(sandbox.code("login"))
    assert "sandbox-secret" not in str(refused.value)
    assert all("sandbox-secret" not in r.getMessage() for r in caplog.records if r.name.startswith("backend"))


def test_an_unreachable_wechat_is_a_clean_error(make_app: Any) -> None:
    app = make_app(wechat_sandbox_url="http://127.0.0.1:9")
    from backend.wechat.gateway import gateway

    with app.app_context(), pytest.raises(WechatUnavailable) as refused:
        gateway().code_to_session("x")
    assert refused.value.__cause__ is None
    assert "secret" not in str(refused.value)
