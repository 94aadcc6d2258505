"""Codes, links, page signatures and content checks, against the stand-in."""

import io
import json
from typing import Any
from urllib.parse import quote

import pytest
import zxingcpp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from backend.wechat.errors import LoginAgain, NotRecent, WechatBusy, WechatUnavailable
from backend.wechat.gateway import Gateway, Verdict
from backend.wechat.real import SCENE, jssdk_signature
from tests.wechat.conftest import Sandbox

CODE = "/wxa/getwxacodeunlimit"
WORDS = "/wxa/msg_sec_check"
TICKET = "/cgi-bin/ticket/getticket"


def read(picture: bytes) -> str:
    return zxingcpp.read_barcode(Image.open(io.BytesIO(picture))).text


# --- mini-program codes and links ------------------------------------------------------------------


def test_a_mini_program_code_is_a_picture_of_its_scene(wechat: Gateway, sandbox: Sandbox) -> None:
    sandbox.ask("/__sandbox__/pages", {"pages": ["pages/home/home"]})
    picture = wechat.mini_program_code("i=abc_123-XYZ", "pages/home/home")
    assert read(picture) == "wx5a6d626f78000001|pages/home/home|i=abc_123-XYZ"
    (call,) = sandbox.calls(CODE)
    asked = json.loads(call["body"])
    assert (asked["env_version"], asked["check_path"]) == ("release", True)


def test_an_illegal_scene_or_page_is_not_sent(wechat: Gateway, sandbox: Sandbox) -> None:
    for scene in ("", "x" * 33, "预约", "a b", "a%20b", "a\n", 'a"b'):
        with pytest.raises(ValueError, match="scene"):
            wechat.mini_program_code(scene)
    for page in ("/pages/home/home", "pages/home/home?a=1"):
        with pytest.raises(ValueError, match="page"):
            wechat.mini_program_code("s", page)
    assert sandbox.calls(CODE) == []


@given(st.text(st.sampled_from("09azAZ!#$&'()*+,/:;=?@-._~"), min_size=1, max_size=32))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_legal_scene_is_taken(wechat: Gateway, scene: str) -> None:
    assert SCENE.fullmatch(scene)
    assert wechat.mini_program_code(scene).startswith(b"\x89PNG")


def test_a_trial_version_has_its_own_codes_and_notices(make_app: Any, sandbox: Sandbox) -> None:
    app = make_app(wechat_sandbox_url=sandbox.url, wechat_mp_state="trial")
    sandbox.ask("/__sandbox__/pages", {"pages": ["pages/home/home"]})
    with app.app_context():
        wechat: Gateway = app.extensions["wechat"]
        assert wechat.mini_program_code("s", "pages/not/published").startswith(b"\x89PNG")
    assert json.loads(sandbox.calls(CODE)[0]["body"])["env_version"] == "trial"


def test_a_refused_token_is_renewed_for_a_picture_too(wechat: Gateway, sandbox: Sandbox) -> None:
    wechat.mini_program_code("a")
    sandbox.rotates("mp")
    assert read(wechat.mini_program_code("b")).endswith("|b")
    assert len(sandbox.calls(CODE)) == 3
    assert len(sandbox.calls("/cgi-bin/stable_token")) == 2


def test_a_link_for_a_text_message(wechat: Gateway, sandbox: Sandbox) -> None:
    link = wechat.url_link("pages/home/home", "from=sms", days=7)
    opened = sandbox.ask("/__sandbox__/links/open", {"persona": "张三", "url": link})
    assert opened == {"path": "pages/home/home", "query": "from=sms"}
    sandbox.later(7 * 24 * 3600 + 1)
    assert sandbox.ask("/__sandbox__/links/open", {"persona": "张三", "url": link})["errcode"] == 85402


def test_limits_of_links_and_scenes_are_kept_before_sending(wechat: Gateway, sandbox: Sandbox) -> None:
    for wrong in ({"days": 31}, {"days": 0}, {"query": "x" * 1025}):
        with pytest.raises(ValueError):
            wechat.url_link("pages/home/home", **wrong)  # type: ignore[arg-type]
    for scene, seconds in (("", 60), ("x" * 65, 60), ("x", 2592001), ("x", 0)):
        with pytest.raises(ValueError):
            wechat.scene_qr(scene, seconds)
    assert sandbox.calls("/wxa/generate_urllink") == sandbox.calls("/cgi-bin/qrcode/create") == []


# --- the official account's scene codes ---------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "action"), [(600, "QR_STR_SCENE"), (None, "QR_LIMIT_STR_SCENE")])
def test_a_scene_code_temporary_and_lasting(
    wechat: Gateway, sandbox: Sandbox, seconds: int | None, action: str
) -> None:
    code = wechat.scene_qr("街道-园岭", seconds)
    assert code.url.startswith("http://weixin.qq.com/q/")
    assert code.seconds == seconds
    (call,) = sandbox.calls("/cgi-bin/qrcode/create")
    assert json.loads(call["body"])["action_name"] == action
    assert "街道-园岭" in call["body"]
    acts = {"persona": "张三", "do": "scan", "link": code.url}
    sandbox.later(601)
    assert (sandbox.ask("/__sandbox__/act", acts).get("note") == "二维码已过期") is (seconds is not None)


# --- JS-SDK -------------------------------------------------------------------------------------------


def test_the_official_vector_of_the_page_signature() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    url = "http://mp.weixin.qq.com?params=value#part"
    assert jssdk_signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, url) == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_a_page_of_ours_is_signed_with_one_ticket(make_app: Any, sandbox: Sandbox) -> None:
    client = make_app(wechat_sandbox_url=sandbox.url, public_url="https://spb.example.cn").test_client()
    for page in ("https://spb.example.cn/m/", "https://spb.example.cn/m/?a=1&b=2#x"):
        got = client.get(f"/api/wechat/jssdk?url={quote(page, safe='')}")
        assert got.status_code == 200, got.text
        assert set(got.json) == {"app_id", "timestamp", "nonce", "signature"}
        assert got.json["app_id"] == "wx5a6d626f78000002"
    assert len(sandbox.calls(TICKET)) == 1
    assert len(sandbox.calls("/cgi-bin/stable_token")) == 1


def test_another_sites_page_is_not_signed(make_app: Any, sandbox: Sandbox) -> None:
    client = make_app(wechat_sandbox_url=sandbox.url, public_url="https://spb.example.cn").test_client()
    for page in (
        "https://evil.example/m/", "https://spb.example.cn.evil.example/", "https://spb.example.cn@evil.example/",
        "//spb.example.cn/", "javascript:alert(1)//spb.example.cn", "https://[", "https://spb.example.cn:8443/",
    ):  # fmt: skip
        got = client.get("/api/wechat/jssdk", query_string={"url": page})
        assert (got.status_code, got.json["error"]["code"]) == (422, "invalid"), page
    assert sandbox.calls(TICKET) == []


# --- content ------------------------------------------------------------------------------------------


@pytest.fixture
def openid(wechat: Gateway, sandbox: Sandbox) -> str:
    """Somebody who just used the mini-program."""
    return wechat.code_to_session(sandbox.code("login")).openid


def test_words_are_judged(wechat: Gateway, openid: str) -> None:
    expected = {"您好": ("pass", 100), "来赌博": ("risky", 20006), "请加微信": ("review", 10001), " ": ("pass", 100)}
    for words, verdict in expected.items():
        found = wechat.check_text(openid, words)
        assert (found.suggest, found.label) == verdict, words


def test_a_long_text_is_judged_in_parts(wechat: Gateway, sandbox: Sandbox, openid: str) -> None:
    assert wechat.check_text(openid, "好" * 2600 + "赌博").suggest == "risky"
    assert [len(json.loads(c["body"])["content"]) for c in sandbox.calls(WORDS)] == [2500, 102]


def test_somebody_away_for_two_hours_cannot_be_judged(wechat: Gateway, sandbox: Sandbox, openid: str) -> None:
    sandbox.later(2 * 3600 + 1)
    with pytest.raises(NotRecent):
        wechat.check_text(openid, "您好")


def test_a_strange_verdict_is_for_a_human() -> None:
    from backend.wechat.content import verdict, worst

    assert verdict(None, "t") == Verdict("review", 0, "t")
    assert verdict({"suggest": "perhaps", "label": "?"}, "t") == Verdict("review", 0, "t")
    assert worst([]).suggest == "pass"


def test_troubles_of_the_check_are_ours_in_words(wechat: Gateway, sandbox: Sandbox, openid: str) -> None:
    for errcode, error in ((45009, WechatBusy), (-1, WechatUnavailable), (40129, WechatUnavailable)):
        sandbox.breaks(WORDS, errcode=errcode)
        with pytest.raises(error):
            wechat.check_text(openid, "您好")


# --- encrypted data -------------------------------------------------------------------------------------


def test_encrypted_data_opens_with_the_present_key_for_our_account_only(wechat: Gateway, sandbox: Sandbox) -> None:
    who = wechat.code_to_session(sandbox.code("login"))
    sealed = sandbox.ask("/__sandbox__/encrypt", {"persona": "张三", "data": {"openGId": "g1"}})
    opened = wechat.decrypt(who.session_key, sealed["encryptedData"], sealed["iv"])
    assert opened["openGId"] == "g1"
    other = {"persona": "张三", "data": {"openGId": "g1"}, "appid": "wxanother"}
    sealed = sandbox.ask("/__sandbox__/encrypt", other)
    with pytest.raises(LoginAgain):
        wechat.decrypt(who.session_key, sealed["encryptedData"], sealed["iv"])


def test_nonsense_is_log_in_again(wechat: Gateway) -> None:
    for wrong in (("", "", ""), ("x", "y", "z"), ("A" * 22 + "==",) * 3):
        with pytest.raises(LoginAgain):
            wechat.decrypt(*wrong)
