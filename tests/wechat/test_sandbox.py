"""The stand-in keeps WeChat's rules where the product does not meet them every day (contract of the platform)."""

import hmac
import json
from base64 import b64decode
from typing import Any
from urllib.parse import quote, urlencode
from urllib.request import urlopen

import pytest

from tests.wechat.conftest import Line, Sandbox

SECRETS = {
    "mp": {"appid": "wx5a6d626f78000001", "secret": "sandbox-secret-of-the-mini-program"},
    "oa": {"appid": "wx5a6d626f78000002", "secret": "sandbox-secret-of-the-official-account"},
}
OK = {"errcode": 0, "errmsg": "ok"}


class Platform:
    """The platform's API, called by hand."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def get(self, path: str, **query: Any) -> Any:
        return self.sandbox.ask(f"{path}?{urlencode(query)}")

    def token(self, account: str, **more: Any) -> str:
        asked = {"grant_type": "client_credential", **SECRETS[account], **more}
        return self.sandbox.ask("/cgi-bin/stable_token", asked)["access_token"]

    def post(self, account: str, path: str, body: Any) -> Any:
        return self.sandbox.ask(f"{path}?access_token={quote(self.token(account))}", body)

    def login(self, persona: str = "张三") -> Any:
        asked = {"js_code": self.sandbox.code("login", persona), "grant_type": "authorization_code"}
        return self.get("/sns/jscode2session", **asked, **SECRETS["mp"])

    def plain(self) -> Any:
        return self.get("/cgi-bin/token", grant_type="client_credential", **SECRETS["mp"])


@pytest.fixture
def platform(sandbox: Sandbox) -> Platform:
    return Platform(sandbox)


def phone(platform: Platform, token: str) -> int:
    """What WeChat says of a token."""
    path = f"/wxa/business/getuserphonenumber?access_token={quote(token)}"
    return platform.sandbox.ask(path, {"code": "x"})["errcode"]


def test_the_old_tokens_follow_each_other_and_do_not_touch_the_stable_one(platform: Platform) -> None:
    stable, first = platform.token("mp"), platform.plain()["access_token"]
    second = platform.plain()["access_token"]
    assert [phone(platform, t) for t in (stable, first, second)] == [40029] * 3  # all good: the code is not
    platform.sandbox.later(301)
    assert [phone(platform, t) for t in (stable, first, second)] == [40029, 42001, 40029]


def test_a_forced_refresh_kills_the_old_token_and_is_rationed(platform: Platform) -> None:
    first = platform.token("mp")
    second = platform.token("mp", force_refresh=True)
    assert (phone(platform, first), phone(platform, second)) == (40001, 40029)
    assert platform.token("mp", force_refresh=True) == second  # within thirty seconds: ignored
    for _ in range(19):
        platform.sandbox.later(31)
        platform.token("mp", force_refresh=True)
    platform.sandbox.later(31)
    last = platform.token("mp")
    assert platform.token("mp", force_refresh=True) == last  # twenty a day


def test_limits_of_a_day_and_of_a_minute(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.wechat.sandbox.token.A_DAY", 3)
    assert ["access_token" in platform.plain() for _ in range(3)] == [True] * 3
    assert platform.plain()["errcode"] == 45009
    monkeypatch.setattr("backend.wechat.sandbox.login.LOGINS_A_MINUTE", 3)
    for expected in (None, None, None, 45011):
        assert platform.login().get("errcode") == expected
    platform.sandbox.later(61)
    assert "openid" in platform.login()


def test_a_post_is_a_post_with_a_body(platform: Platform) -> None:
    token = platform.token("mp")
    path = "/wxa/msg_sec_check?access_token=" + quote(token)
    assert platform.sandbox.ask(path)["errcode"] == 43002
    with urlopen(platform.sandbox.url + path, b"") as reply:
        assert json.loads(reply.read())["errcode"] == 44002


def test_a_session_key_is_checked_and_replaced(platform: Platform) -> None:
    who = platform.login()
    asked = {"access_token": platform.token("mp"), "openid": who["openid"], "sig_method": "hmac_sha256"}

    def signed(key: str) -> dict[str, str]:
        return {**asked, "signature": hmac.new(b64decode(key), b"", "sha256").hexdigest()}

    assert platform.get("/wxa/checksession", **signed(who["session_key"])) == OK
    assert platform.get("/wxa/checksession", **{**signed(who["session_key"]), "sig_method": "md5"})["errcode"] == 87008
    new = platform.get("/wxa/resetusersessionkey", **signed(who["session_key"]))["session_key"]
    assert platform.get("/wxa/checksession", **signed(who["session_key"]))["errcode"] == 87009
    assert platform.get("/wxa/checksession", **signed(new)) == OK


def test_oauth_tokens_tell_what_their_scope_allows(platform: Platform) -> None:
    asked = {"kind": "oauth", "persona": "张三", "scope": "snsapi_userinfo"}
    code = platform.sandbox.ask("/control/codes", asked)["code"]
    grant = platform.get("/sns/oauth2/access_token", code=code, grant_type="authorization_code", **SECRETS["oa"])
    mine = {"access_token": grant["access_token"], "openid": grant["openid"]}
    assert platform.get("/sns/auth", **mine) == OK
    assert platform.get("/sns/userinfo", **mine)["nickname"] == "张三"
    assert platform.get("/sns/userinfo", **{**mine, "openid": "o"})["errcode"] == 40003
    asked = {"appid": SECRETS["oa"]["appid"], "grant_type": "refresh_token", "refresh_token": grant["refresh_token"]}
    assert platform.get("/sns/oauth2/refresh_token", **asked)["openid"] == grant["openid"]
    assert platform.get("/sns/oauth2/refresh_token", **{**asked, "refresh_token": "x"})["errcode"] == 40030
    base = platform.sandbox.code("oauth")
    grant = platform.get("/sns/oauth2/access_token", code=base, grant_type="authorization_code", **SECRETS["oa"])
    found = platform.get("/sns/userinfo", access_token=grant["access_token"], openid=grant["openid"])
    assert found["errcode"] == 48001


def test_codes_and_links_keep_their_limits(platform: Platform) -> None:
    create, scene = "/cgi-bin/qrcode/create", {"scene": {"scene_id": 7}}
    made = platform.post("oa", create, {"action_name": "QR_SCENE", "expire_seconds": 60, "action_info": scene})
    with urlopen(f"{platform.sandbox.url}/cgi-bin/showqrcode?ticket={quote(made['ticket'])}") as reply:
        assert reply.read(4) == b"\x89PNG"
    too_long = {"action_name": "QR_SCENE", "expire_seconds": 2592001, "action_info": scene}
    too_many = {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 100001}}}
    for wrong in (too_long, too_many, {"action_name": "QR", "action_info": scene}, {}):
        assert platform.post("oa", create, {"x": 1, **wrong})["errcode"] == 40053
    scheme = platform.post("mp", "/wxa/generatescheme", {"jump_wxa": {"path": "pages/a", "query": "b=1"}})["openlink"]
    assert platform.sandbox.ask("/control/links/open", {"persona": "张三", "url": scheme})["query"] == "b=1"
    ages = {"path": "pages/a", "expire_type": 1, "expire_interval": 31}
    assert platform.post("mp", "/wxa/generate_urllink", ages)["errcode"] == 85401
    assert platform.post("mp", "/wxa/generate_urllink", {"path": "/pages/a"})["errcode"] == 40165


def test_an_account_may_answer_for_two_days_and_twenty_times(line: Line) -> None:
    platform, me = Platform(line.sandbox), line.sandbox.person()["openid"]["oa"]
    words = {"touser": me, "msgtype": "text", "text": {"content": "您好"}}
    assert platform.post("oa", "/cgi-bin/message/custom/send", words)["errcode"] == 45015
    line.sandbox.ask("/control/act", {"persona": "张三", "do": "say", "text": "在吗"})
    answers = [platform.post("oa", "/cgi-bin/message/custom/send", words)["errcode"] for _ in range(21)]
    assert answers == [0] * 20 + [45047]
    assert line.sandbox.ask("/control/phone?persona=zhangsan")["chat"][-1]["text"] == "您好"
    line.sandbox.later(48 * 3600 + 1)
    assert platform.post("oa", "/cgi-bin/message/custom/send", words)["errcode"] == 45015


def test_a_subscription_of_the_account_is_used_up_as_well(platform: Platform) -> None:
    me = platform.sandbox.person()["openid"]["oa"]
    platform.sandbox.ask("/control/templates", {"id": "T", "keys": ["thing1"]})
    notice = {"touser": me, "template_id": "T", "data": {"thing1": {"value": "好"}}}
    platform.sandbox.ask("/control/consents", {"persona": "张三", "template": "T"})
    told = [platform.post("oa", "/cgi-bin/message/subscribe/bizsend", notice)["errcode"] for _ in range(2)]
    assert told == [0, 43101]
    bad = {**notice, "data": {"thing1": {"value": "好" * 21}}}
    answer = platform.post("oa", "/cgi-bin/message/subscribe/bizsend", bad)
    assert (answer["errcode"], "data.thing1.value" in answer["errmsg"]) == (47003, True)


def test_the_way_back_can_be_loaded_twice(platform: Platform) -> None:
    platform.sandbox.ask("/control/options", {"double_hit": True})
    query = {"appid": SECRETS["oa"]["appid"], "redirect_uri": "http://127.0.0.1:9/back", "response_type": "code"}
    address = f"/connect/oauth2/authorize?{urlencode({**query, 'scope': 'snsapi_base', 'state': 'abc'})}&persona=lisi"
    with urlopen(platform.sandbox.url + address) as reply:
        page = reply.read().decode()
    assert "fetch(url" in page
    assert "location.replace(url)" in page
    assert "http://127.0.0.1:9/back?code=" in page
