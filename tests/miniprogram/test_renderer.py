"""The renderer of the mini-program's tests, on a small one: it does what WeChat does and fails where that fails."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.journeys.hands import at, fill, press, see
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone

FIXTURE = Path(__file__).with_name("fixture")


class _Empty(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Empty) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="module")
def phone(server: str, playwright: Playwright) -> Iterator[Phone]:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    yield Phone(browser, server, Person(server), source=FIXTURE)
    browser.close()


@pytest.fixture
def fresh(phone: Phone) -> Phone:
    phone.errors.clear()
    return phone.open()


def test_templates_scripts_of_views_lengths_and_styles(fresh: Phone) -> None:
    page = fresh.page
    assert page.title() == "样例"
    see(page, "half", "42")
    assert at(page, "half").evaluate("e => e.offsetWidth") == 188  # 375 of 750 rpx on 375 px
    assert at(page, "row").all_inner_texts() == ["0a", "1b"]
    assert not at(page, "many").count()
    ticked = page.locator('[data-test="ticked"]')
    expect(ticked).to_have_attribute("aria-checked", "false")
    press(page, "more")
    expect(ticked).to_have_attribute("aria-checked", "true")
    expect(at(page, "row")).to_have_count(3)
    see(page, "many")
    at(page, "off").click(force=True)  # a finger does not look at aria-disabled
    expect(at(page, "row")).to_have_count(3)
    colour = "e => getComputedStyle(e).color"
    assert at(page, "mine").evaluate(colour) == "rgb(0, 0, 255)"
    assert at(page, "word").evaluate(colour) == "rgb(255, 0, 0)"  # a component's style is its own
    assert fresh.faults() == []


def test_fields_pickers_and_events(fresh: Phone) -> None:
    page = fresh.page
    fill(page, "input", "福田")
    see(page, "text", "福田|福田")
    press(page, "word")
    see(page, "text", "听到")
    press(page, "picker")
    page.locator('[data-test="wx-picker-row"]').nth(1).click()
    press(page, "wx-picker-confirm")
    see(page, "picker", "b")
    assert fresh.faults() == []


def test_pages_lie_on_each_other_and_a_killed_app_starts_at_the_first(fresh: Phone) -> None:
    press(fresh.page, "more")
    press(fresh.page, "go")
    see(fresh.page, "n", "7")
    assert not at(fresh.page, "half").count()
    fresh.back()
    expect(at(fresh.page, "row")).to_have_count(3)  # the page below was kept
    press(fresh.page, "go")
    fresh.kill()
    assert fresh.path == "index/index"
    expect(at(fresh.page, "row")).to_have_count(2)


def test_browser_names_are_unknown(fresh: Phone) -> None:
    press(fresh.page, "browser")
    see(fresh.page, "text", "undefinedundefined")


@pytest.mark.parametrize(("rows", "scroller"), [("row", ".scroller"), ("inner-row", '[data-test="inner"]')])
def test_a_list_that_grew_has_another_end(rows: str, scroller: str, phone: Phone) -> None:
    phone.open("long/long")
    to_end = f"() => {{ const e = document.querySelector('{scroller}'); e.scrollTop = e.scrollHeight }}"
    for count in (40, 60, 80):
        phone.page.evaluate(to_end)
        expect(at(phone.page, rows)).to_have_count(count)
    assert phone.faults() == []


@pytest.mark.parametrize(
    ("tap", "told"),
    [
        ("unknown", "wx.flyToMoon is not known"),
        ("big", "setData of 68 kB"),
        ("many-requests", "11 requests at once"),
        ("twins", "index/index: Some keys are not unique"),
    ],
)
def test_what_wechat_forbids_is_a_fault(tap: str, told: str, fresh: Phone) -> None:
    press(fresh.page, tap)
    fresh.page.wait_for_function("() => __mp.faults.length")
    assert any(told in fault for fault in fresh.faults()), fresh.faults()
