"""`flask wechat check` against the stand-in: right when all is right, and each fault is told with what to do."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from backend.wechat import check, commands, menu
from tests.wechat.conftest import Line, Sandbox

PUBLIC = "https://spb.example.cn"
STABLE = "/cgi-bin/stable_token"
Operator = Callable[..., tuple[int, str]]


@pytest.fixture
def operator(line: Line, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Runs the command as with the real domain, whose TLS ends at the product; the command's settings by keyword."""

    def through_the_proxy(url: str) -> requests.Response:
        if not url.startswith(PUBLIC):
            raise requests.ConnectionError
        return requests.get(url.replace(PUBLIC, line.base), timeout=6, allow_redirects=False)

    monkeypatch.setattr(check, "get", through_the_proxy)
    real = line.app.extensions["settings"]

    def run(*words: str, **settings: Any) -> tuple[int, str]:
        here = real.model_copy(update={"public_url": PUBLIC, **settings})
        seen = SimpleNamespace(extensions={**line.app.extensions, "settings": here})
        monkeypatch.setattr(commands, "current_app", seen)
        done = line.app.test_cli_runner().invoke(args=["wechat", *(words or ("check",))])
        return done.exit_code, done.output

    assert run("menu", "push")[0] == 0
    return run


def test_a_working_account_is_right_from_top_to_bottom(operator: Operator, line: Line) -> None:
    code, said = operator()
    assert code == 0, said
    assert "✗" not in said
    assert said.strip().endswith("全部正常")
    for right in ("域名", "校验文件 MP_verify_abc123.txt", "菜单", "JS-SDK"):
        assert f"✓ {right}：" in said, right
    for right in ("凭证", "消息推送", "通知模板 rating"):
        assert f"✓ 小程序{right}：" in said, right
        assert f"✓ 公众号{right}：" in said, right
    assert all(secret not in said for secret in ("sandbox-secret", "sandboxtoken"))


WRONG_ON_THE_PLATFORM: list[tuple[Callable[[Sandbox], Any], str]] = [
    (lambda s: s.breaks("/cgi-bin/ticket/getticket", errcode=48001), "✗ JS-SDK：账号没有这个接口的权限"),
    (lambda s: s.breaks(STABLE, errcode=40164), "✗ 小程序凭证：本机出口 IP （见后台提示） 不在白名单"),
    (lambda s: s.breaks(STABLE, errcode=40164, errmsg="invalid ip 203.0.113.7 ipv6"), "IP 203.0.113.7 不在白名单"),
    (lambda s: s.breaks(STABLE, errcode=40243), "✗ 小程序凭证：AppSecret 已被冻结"),
    (lambda s: s.breaks(STABLE, errcode=99999, errmsg="something new"), "✗ 小程序凭证：something new rid: "),
    (lambda s: s.breaks(STABLE, status=502), "✗ 小程序凭证：连接不到微信的服务器"),
    (lambda s: s.breaks("/cgi-bin/menu/get", errcode=46003), "✗ 菜单：公众号还没有菜单：flask wechat menu push"),
    (lambda s: s.breaks("/wxaapi/newtmpl/gettemplate", errcode=48001), "✗ 小程序通知模板：账号没有"),
    (
        lambda s: s.ask("/__sandbox__/templates", {"id": "sandbox-mp-rating", "keys": ["thing1", "time2", "name9"]}),
        "✗ 小程序通知模板 rating：设置缺少 name9；模板没有 thing3",
    ),
]


def test_what_is_wrong_on_the_platform_is_told(operator: Operator, line: Line) -> None:
    for breaks, expected in WRONG_ON_THE_PLATFORM:
        breaks(line.sandbox)
        code, said = operator()
        assert code == 1, expected
        assert expected in said, said
        assert "处需要处理" in said
        line.sandbox.ask("/__sandbox__/faults", method="DELETE")


WRONG_HERE: list[tuple[dict[str, Any], str]] = [
    ({"public_url": "http://spb.example.cn"}, "✗ 域名：PUBLIC_URL=http://spb.example.cn 必须是已备案域名的 https"),
    ({"public_url": "https://gone.example.cn"}, "✗ 域名：https://gone.example.cn 从本机访问不到"),
    ({"wechat_verify_files": {"MP_verify_none.txt": "x"}}, "✗ 校验文件 MP_verify_none.txt：应答 404"),
    ({"wechat_verify_files": {"MP_verify_abc123.txt": "abc124"}}, "✗ 校验文件 MP_verify_abc123.txt：内容与后台给的不"),
    ({"wechat_mp_token": "no"}, "✗ 小程序消息推送：WECHAT_MP_TOKEN 应为 3–32 位字母或数字，现为 2 位"),
    ({"wechat_oa_aes_key": "short"}, "✗ 公众号消息推送：WECHAT_OA_AES_KEY 应为 43 位字母或数字，现为 5 位"),
    ({"wechat_oa_token": "notthetoken"}, "✗ 公众号消息推送：https://spb.example.cn/wechat/push/oa 应答 403"),
    ({"wechat_oa_menu": "miniprogram"}, "✗ 菜单：“办事大厅/视频办”的 type、appid、pagepath 不同：flask wechat"),
]


def test_what_is_wrong_here_is_told(operator: Operator) -> None:
    for settings, expected in WRONG_HERE:
        code, said = operator(**settings)
        assert code == 1, expected
        assert expected in said, said


def test_a_template_that_is_not_there_is_told(operator: Operator) -> None:
    from backend.config import NoticeTemplate

    gone = {"rating": NoticeTemplate(id="gone", fields={"thing1": "item"})}
    code, said = operator(notice_oa_templates=gone)
    assert (code, "✗ 公众号通知模板 rating：后台没有模板 gone" in said) == (1, True)


def test_what_not_everybody_needs_is_a_hint_only(operator: Operator) -> None:
    code, said = operator(wechat_verify_files={})
    assert (code, "! 校验文件：没有配置" in said) == (0, True)


def test_wrong_credentials_are_told_without_repeating_them(make_app: Any, sandbox: Sandbox) -> None:
    app = make_app(wechat_sandbox_url=sandbox.url, wechat_oa_secret="wrong-one", wechat_mp_appid="wxwrong")
    done = app.test_cli_runner().invoke(args=["wechat", "check"])
    assert done.exit_code == 1
    assert "✗ 公众号凭证：AppSecret 不正确：在后台重置后更新 WECHAT_OA_SECRET（40125）" in done.output
    assert "✗ 小程序凭证：AppID 不正确：核对 WECHAT_MP_APPID（40013）" in done.output
    assert "wrong-one" not in done.output


def test_menus_are_compared_as_the_platform_stores_them() -> None:
    ours = {"button": [{"name": "甲", "type": "view", "url": "https://x"}, {"name": "乙", "type": "click", "key": "k"}]}
    stored = {"button": [{**b, "sub_button": []} for b in ours["button"]]}
    assert menu.differences(stored, ours) == []
    assert menu.differences({"button": stored["button"][::-1]}, ours) == ["顺序不同"]
    assert menu.differences({"button": stored["button"][:1]}, ours) == ["缺少“乙”"]
    assert menu.differences(stored, {"button": ours["button"][:1]}) == ["多出“乙”"]
