"""The page /sandbox: somebody plays WeChat on a laptop, and the product hears what it would hear from WeChat."""

import io
import re
from collections.abc import Iterator
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
import qrcode
from playwright.sync_api import Page, Playwright, expect

from backend.wechat.gateway import Gateway
from backend.wechat.messages import Push
from tests.web.rig import ARGS, CHROMIUM
from tests.wechat.conftest import Line, run_jobs


class Phone:
    """One person's phone."""

    def __init__(self, line: Line, persona: str = "zhangsan") -> None:
        self.line, self.persona = line, persona

    def act(self, what: str, **more: Any) -> Any:
        return self.line.sandbox.ask("/control/act", {"persona": self.persona, "do": what, **more})

    @property
    def shows(self) -> Any:
        return self.line.sandbox.ask(f"/control/phone?persona={self.persona}")


@pytest.fixture
def phone(line: Line) -> Phone:
    return Phone(line)


def gateway(line: Line) -> Gateway:
    return line.app.extensions["wechat"]


def picture(text: str) -> bytes:
    out = io.BytesIO()
    qrcode.make(text).save(out, "PNG")
    return out.getvalue()


def test_words_and_the_menu_are_answered_with_bubbles(phone: Phone) -> None:
    assert "办事大厅" in phone.act("say", text="预约")["reply"]
    assert "12345" in phone.act("tap", path=[1])["reply"]
    assert [b["who"] for b in phone.shows["chat"]] == ["me", "account", "account"]
    opened = phone.act("tap", path=[0, 0])
    assert (opened["open"], opened["reply"]) == (f"{phone.line.base}/m/", None)
    assert phone.act("tap", path=[0]) == {}
    assert phone.act("tap", path=[7])["errcode"] == 40097


def test_following_by_a_scene_code_tells_the_scene(phone: Phone, worked: list[Push]) -> None:
    with phone.line.app.app_context():
        code = gateway(phone.line).scene_qr("street-42")
    assert "欢迎关注" in phone.act("scan", link=code.url)["reply"]
    assert phone.shows["follows"]
    phone.act("scan", link=code.url)
    run_jobs(phone.line)
    assert [(p.event, p.key) for p in worked] == [("subscribe", "street-42"), ("scan", "street-42")]
    phone.act("unfollow")
    assert not phone.shows["follows"]


def test_a_picture_of_a_code_is_read_and_opened(phone: Phone) -> None:
    url = f"{phone.line.base}/s/abc"
    with urlopen(Request(phone.line.sandbox.url + "/control/decode", picture(url))) as reply:
        assert reply.read() == f'{{"text":"{url}"}}\n'.encode()
    assert phone.act("scan", link=url) == {"open": url}
    with urlopen(Request(phone.line.sandbox.url + "/control/decode", b"no picture")) as reply:
        assert reply.read() == b'{"text":null}\n'


def test_codes_and_links_of_the_mini_program_are_recognised(phone: Phone) -> None:
    with phone.line.app.app_context():
        code = gateway(phone.line).mini_program_code("i=42", "pages/home/home")
        link = gateway(phone.line).url_link("pages/home/home", "b=42")
    with urlopen(Request(phone.line.sandbox.url + "/control/decode", code)) as reply:
        text = re.search(r'"text":"(.*)"', reply.read().decode())
    assert text
    assert "pages/home/home，scene=i=42" in phone.act("scan", link=text[1])["note"]
    assert "b=42" in phone.act("scan", link=link)["note"]
    assert Phone(phone.line, "lisi").act("scan", link=link)["errcode"] == 85403


def test_notices_arrive_on_the_phone_they_were_sent_to(phone: Phone) -> None:
    person, line = phone.line.sandbox.person("张三"), phone.line
    values: dict[str, object] = {"thing1": "初中教师资格认定", "time2": "2026年11月26日 09:00", "thing3": "请备齐原件"}
    line.sandbox.ask("/control/consents", {"persona": "张三", "template": "sandbox-mp-rating"})
    with line.app.app_context():
        gateway(line).subscribe_message(person["openid"]["mp"], "sandbox-mp-rating", values, "pages/home/home")
    (notice,) = phone.shows["notices"]
    assert (notice["data"]["thing1"]["value"], notice["page"]) == ("初中教师资格认定", "pages/home/home")
    assert Phone(line, "lisi").shows["notices"] == []


def test_a_product_that_does_not_answer_is_said_as_wechat_says_it(phone: Phone) -> None:
    phone.line.sandbox.ask("/control/options", {"product": "http://127.0.0.1:9"})
    told = phone.act("say", text="预约")
    assert (told["reply"], told["delivered"]) == ("该公众号提供的服务出现故障，请稍后再试", "failed")


def test_the_persona_signs_in_without_being_asked(phone: Phone) -> None:
    """The page's cookie says whose phone it is, as WeChat knows it."""
    opener = build_opener(HTTPCookieProcessor())
    opener.addheaders = [("Cookie", "persona=lisi")]
    with phone.line.app.app_context():
        url = gateway(phone.line).oauth_url(f"{phone.line.base}/healthz", "abc").split("#")[0]
    with opener.open(url) as reply:
        assert re.fullmatch(rf"{phone.line.base}/healthz\?code=\w+&state=abc", reply.url)
    opener.addheaders = [("Cookie", "persona=nobody")]
    with opener.open(url) as reply:
        assert "以谁的微信登录" in reply.read().decode()


def test_development_leads_to_the_page_and_production_has_none(phone: Phone) -> None:
    client = phone.line.app.test_client()
    assert client.get("/sandbox").headers["Location"] == f"{phone.line.sandbox.url}/sandbox"
    settings = phone.line.app.extensions["settings"]
    for change in ({"mode": "production"}, {"wechat_gateway": "real"}):
        phone.line.app.extensions["settings"] = settings.model_copy(update=change)
        assert client.get("/sandbox").status_code == 404


@pytest.fixture
def page(line: Line, playwright: Playwright) -> Iterator[Page]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    page = browser.new_page(viewport={"width": 375, "height": 812})
    page.goto(line.sandbox.url + "/sandbox")
    yield page
    browser.close()


def test_a_person_plays_it_in_a_browser(page: Page) -> None:
    shown = lambda name: page.locator(f'[data-test="{name}"]')  # noqa: E731
    shown("persona-lisi").click()
    expect(page.locator("#whose")).to_have_text("李四 的手机")
    shown("follow").click()
    expect(shown("chat")).to_contain_text("欢迎关注")
    shown("say-text").fill("视频办")
    shown("say").click()
    expect(shown("chat")).to_contain_text("面对面")
    shown("menu-1").click()
    expect(shown("chat")).to_contain_text("12345")
    shown("menu-0").click()
    with page.expect_popup() as opened:
        shown("menu-0-1").click()
    assert opened.value.url.endswith("/m/bookings")
    expect(shown("menu-0-1")).to_be_hidden()
    shown("scan-picture").set_input_files({"name": "q.png", "mimeType": "image/png", "buffer": picture("取号单 7")})
    expect(shown("toast")).to_have_text("二维码内容：取号单 7")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
