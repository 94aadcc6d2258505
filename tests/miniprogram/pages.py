"""Random steps on the real pages in Chromium: something breaks under a page; then the page shows the same again."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable

from playwright.sync_api import sync_playwright

from tests.drills.__main__ import kill
from tests.journeys.stack import Stack
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone
from tests.miniprogram.world import places

PERSONA = "wangxiaoming"
PATIENCE = 40.0
WAITING = ".screen.front bones, .screen.front [data-test=reconnecting]:visible"
PAGES = {
    "pages/home/home": "",
    "pages/bookings/bookings": "",
    "pages/me/me": "",
    "packages/me/notices/notices": "",
    "packages/book/items/items": "",
    "packages/book/item/item": "id={item}",
    "packages/book/slots/slots": "id={item}",
    "packages/book/done/done": "id={future}",
    "packages/session/room/room": "id={session}",
    "packages/papers/materials/materials": "id={session}",
    "packages/papers/pickup/pickup": "id={session}",
    "packages/papers/sign/sign": "id={session}&commitment={commitment}",
    "packages/me/privacy/privacy": "",
}


def shown(phone: Phone) -> str:
    """The words on the page in front; figures that run (clocks, places left) are not looked at."""
    text = phone.page.locator(".screen.front .webview").inner_text()
    return re.sub(r"\s+", " ", re.sub(r"\d+", "", text)).strip()


def settled(phone: Phone) -> str:
    """What is shown once it has stopped changing and nothing is loading."""
    before, end = "", time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now = shown(phone)
        if now and now == before and not phone.page.locator(WAITING).count():
            return now
        before = now
        phone.page.wait_for_timeout(150)
    raise AssertionError(f"the page never came to rest: {before[:200]}")


def _socket(phone: Phone, _: Stack) -> None:
    phone.cut_sockets()


def _background(phone: Phone, _: Stack) -> None:
    phone.background(long=True)
    phone.foreground()


def _network(phone: Phone, _: Stack) -> None:
    phone.offline()
    phone.offline(False)


def _app(phone: Phone, _: Stack) -> None:
    """WeChat ends the app; it comes back where it was."""
    here = phone.page.url
    phone.page.goto("about:blank")
    phone.page.goto(here)
    phone.page.wait_for_function("() => window.__mp?.pages?.front")


def _server(phone: Phone, stack: Stack) -> None:
    kill(stack, "gunicorn")
    phone.background()
    phone.foreground()


FAULTS: list[Callable[[Phone, Stack], None]] = [_socket, _background, _network, _app]


def once(phone: Phone, stack: Stack, path: str, query: str, fault: Callable[[Phone, Stack], None]) -> str:
    """'' when the page came back to the same, else what was wrong."""
    phone.open(path, query=query)
    before = settled(phone)
    fault(phone, stack)
    end = time.monotonic() + PATIENCE
    after = settled(phone)
    while after != before and time.monotonic() < end:
        after = settled(phone)
    if faults := phone.faults():
        return str(faults)
    return "" if after == before else f"before: {before}\n  after: {after}"


def play(stack: Stack, seed: int, count: int) -> tuple[int, int]:
    """(passed, failed) of `count` runs; the last of them kills the server."""
    chance, failed = random.Random(seed), 0
    known = places(stack.url, stack.wechat, PERSONA)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        phone = Phone(browser, stack.url, Person(stack.wechat, PERSONA))
        for number in range(count):
            path, query = chance.choice(list(PAGES.items()))
            fault = _server if number == count - 1 else chance.choice(FAULTS)
            try:
                why = once(phone, stack, path, query.format(**known), fault)
            except Exception as error:
                why = str(error).splitlines()[0]
            if why:
                failed += 1
                print(f"  {path}, {fault.__name__[1:]}: {why}", flush=True)
        browser.close()
    return count - failed, failed
