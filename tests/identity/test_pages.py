"""Sign-in, the scanned code, my particulars and my consent, in real pages (S3, S34). SHOTS=folder keeps pictures."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Playwright, expect
from werkzeug.serving import make_server

from backend.identity import service
from backend.platform.redis import redis
from tests.identity.conftest import Platforms, settings_of
from tests.journeys.hands import at, fill, press, see, serious_faults, side_scroll
from tests.web.rig import ARGS, CHROMIUM
from tests.wechat.conftest import Sandbox, sandbox

__all__ = ["sandbox"]

PHONE_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
IN_WECHAT = PHONE_AGENT + " MicroMessenger/8.0.49(0x18003133) NetType/WIFI Language/zh_CN"
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Chromium]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield browser
    browser.close()


@pytest.fixture
def site(make_app: Any, platforms: Platforms, sandbox: Sandbox) -> Iterator[tuple[APIFlask, str]]:
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.port}"
    app = make_app(public_url=url, wechat_sandbox_url=sandbox.url, **settings_of(platforms))
    assert Path(app.extensions["settings"].web_dist, "portal/index.html").is_file(), "the pages are not built"
    server.app = app
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield app, url
    server.shutdown()
    server.server_close()


@pytest.fixture
def pc(chromium: Chromium, site: tuple[APIFlask, str]) -> Iterator[Page]:
    with chromium.new_context(
        base_url=site[1], locale="zh-CN", viewport={"width": 1440, "height": 900}
    ) as context:
        yield context.new_page()


def new_phone(chromium: Chromium, url: str, agent: str = PHONE_AGENT) -> Page:
    size = {"width": 375, "height": 740}
    context = chromium.new_context(
        base_url=url,
        locale="zh-CN",
        viewport=size,
        user_agent=agent,
        has_touch=True,
        is_mobile=True,  # type: ignore[arg-type]
    )
    return context.new_page()


@pytest.fixture
def phone(chromium: Chromium, site: tuple[APIFlask, str]) -> Iterator[Page]:
    page = new_phone(chromium, site[1])
    yield page
    page.context.close()


def shoot(page: Page, name: str) -> None:
    """Nothing serious for axe, no side scrolling; a picture where they are kept."""
    assert [*serious_faults(page), *side_scroll(page)] == [], name
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=page.viewport_size["width"] < 500)  # type: ignore[index]


def state(page: Page, name: str) -> None:
    expect(at(page, "scan-state")).to_have_attribute("data-state", name)


def asks(pc: Page) -> str:
    """The PC shows a code; what a phone reads in it, without the host."""
    with pc.expect_response("**/api/auth/scan") as answer:
        if "/login" in pc.url:
            press(pc, "renew-scan")
        else:
            pc.goto("/login?next=/me")
    see(pc, "scan-qr")
    return "/m/" + answer.value.json()["url"].partition("/m/")[2]


def by_code(page: Page, number: str, door: str = "/m/login?next=/me", *, agree: bool = True) -> None:
    page.goto(door)
    if agree:
        press(page, "agree-privacy")
    fill(page, "phone", number)
    press(page, "send-code")
    fill(page, "code", texted(page))
    press(page, "sign-in")


def texted(page: Page) -> str:
    return "".join(c for c in see(page, "sandbox-code").inner_text() if c.isdigit())


def test_a_pc_is_signed_in_by_a_phone_that_signs_in_on_the_way(pc: Page, phone: Page) -> None:
    code = asks(pc)
    shoot(pc, "portal-login")
    by_code(phone, "19900001111", code, agree=False)
    expect(at(phone, "login-fault")).to_contain_text("隐私政策")  # nobody is signed in before they agreed
    press(phone, "read-privacy")
    see(phone, "policy", "撤回")
    shoot(phone, "h5-policy")
    press(phone, "agree-here")
    shoot(phone, "h5-login")
    press(phone, "sign-in")
    see(phone, "scan-purpose", "登录电脑版视频办")
    see(phone, "scan-browser", "Chrome")
    state(pc, "scanned")
    shoot(pc, "portal-scanned")
    shoot(phone, "h5-scan")
    press(phone, "scan-confirm")
    expect(phone.get_by_text("已确认登录")).to_be_visible()
    shoot(phone, "h5-scan-done")
    pc.wait_for_url("**/me")
    see(pc, "level", "未认证")
    see(pc, "login-row", "电脑门户")
    shoot(pc, "portal-me")


def test_no_and_too_late_are_said_and_a_fresh_code_works(
    site: tuple[APIFlask, str], chromium: Chromium, pc: Page
) -> None:
    """In WeChat nobody fills in a form: WeChat says who scanned."""
    wechat = new_phone(chromium, site[1], IN_WECHAT)
    wechat.goto(asks(pc))
    wechat.get_by_text("张三").first.click()
    press(wechat, "scan-refuse")
    expect(wechat.get_by_text("已取消登录")).to_be_visible()
    state(pc, "refused")
    shoot(pc, "portal-refused")
    asks(pc)
    with site[0].app_context():
        redis.delete(*redis.keys("scan:*"))  # as two minutes later
    state(pc, "expired")
    wechat.goto(asks(pc))
    expect(
        see(wechat, "scan-confirm")
    ).to_be_disabled()  # came from WeChat's scanner and has agreed to nothing yet
    press(wechat, "agree-privacy")
    shoot(wechat, "h5-scan-agree")
    press(wechat, "scan-confirm")
    pc.wait_for_url("**/me")
    wechat.context.close()


def test_the_identity_platform_from_the_portal_and_no_way_around_consent(pc: Page) -> None:
    pc.goto("/login?next=/me")
    see(pc, "login-gov").click()
    see(pc, "login-fault", "隐私政策")
    press(pc, "agree-privacy")
    press(pc, "login-gov")
    press(pc, "persona-none")
    see(pc, "login-fault", "统一身份认证没有完成")
    shoot(pc, "portal-login-fault")
    press(pc, "agree-privacy")
    press(pc, "login-gov")
    press(pc, "persona-zhangsan")
    pc.wait_for_url("**/")
    pc.goto("/me")
    see(pc, "level", "已实人")
    assert at(pc, "save-me").count() == 0
    press(pc, "to-privacy")
    see(pc, "privacy-state", "已同意")
    see(pc, "receipt", "电脑门户")
    shoot(pc, "portal-privacy")


def test_from_ishenzhen_to_the_page_with_a_clean_address(phone: Page, platforms: Platforms) -> None:
    phone.goto(f"/m/me?from=ishenzhen&code={platforms.ishenzhen_code()}")
    press(phone, "give-privacy")  # asked for on the way in
    phone.wait_for_url("**/m/me")
    see(phone, "level", "已实人")
    see(phone, "login-row", "i深圳")
    shoot(phone, "h5-me")
    phone.context.clear_cookies()
    phone.goto("/m/?from=ishenzhen&code=used-already")
    phone.wait_for_url("**/m/login**")
    see(phone, "login-fault", "请返回 i深圳 重新进入")
    assert "code=" not in phone.url
    shoot(phone, "h5-login-fault")


def test_binding_a_number_that_has_an_account_asks_for_its_name(
    site: tuple[APIFlask, str], chromium: Chromium, pc: Page
) -> None:
    app, url = site
    with app.app_context():
        owner = service.create_user("李四", "19900002222")
    wechat = new_phone(chromium, url, IN_WECHAT)
    wechat.goto("/m/login?next=/me")
    press(wechat, "agree-privacy")
    press(wechat, "login-wechat")
    wechat.get_by_text("李四").first.click()
    fill(wechat, "bind-phone", "19900002222")
    press(wechat, "bind-send")
    fill(wechat, "bind-code", texted(wechat))
    press(wechat, "bind")
    see(wechat, "bind-fault", "真实姓名")
    fill(wechat, "bind-name", "王五")
    press(wechat, "bind")
    see(wechat, "bind-fault", "不一致")
    shoot(wechat, "h5-bind")
    fill(wechat, "bind-name", "李四")
    press(wechat, "bind")
    expect(wechat.get_by_text("199****2222")).to_be_visible()
    with app.app_context():
        assert set(service.openids(owner)) == {"oa"}
    wechat.context.close()


def test_taking_the_consent_back_signs_out_and_needs_it_again(phone: Page) -> None:
    by_code(phone, "19900003333")
    press(phone, "to-privacy")
    see(phone, "privacy-state", "已同意")
    shoot(phone, "h5-privacy")
    press(phone, "withdraw-privacy")
    press(phone, "ask-yes")
    phone.wait_for_url("**/m/")
    phone.goto("/m/me")
    phone.wait_for_url("**/m/login**")
