"""Real Chromium with a real screen (Xvfb), fake cameras and microphones, real capture of the whole screen."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.journeys.guide import Report

ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen", "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
    "--disable-background-timer-throttling", "--lang=zh-CN",
]  # fmt: skip
PATIENCE = 30_000  # milliseconds that a person waits for a page on a busy machine
PHONE_AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.49(0x18003133) NetType/WIFI Language/zh_CN"
)


@contextmanager
def screen() -> Iterator[dict[str, str]]:
    """A virtual screen; yields the environment that uses it."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(write,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    try:
        yield {**os.environ, "DISPLAY": f":{number}"}
    finally:
        server.terminate()
        server.wait()


class Theatre:
    """One browser; people are contexts in it."""

    def __init__(self, browser: Browser, url: str, wechat: str) -> None:
        self.browser, self.url, self.wechat = browser, url, wechat
        self.faults: list[str] = []  # what the browser wrote to its console: shown with a failure
        self.errors: list[str] = []  # exceptions nobody caught: each fails the journey
        self.pages: list[tuple[str, Page]] = []

    def leave(self) -> None:
        """Everybody goes home."""
        for context in self.browser.contexts:
            context.close()
        self.pages.clear()

    def shoot_all(self, report: Report) -> None:
        """What everybody saw when a step failed."""
        report.shoot("failed", {who: page for who, page in self.pages if not page.is_closed()})

    def pc(self, *, permissions: bool = True, **more: Any) -> Page:
        """A person at a PC, 1440 px wide."""
        return self._page(self._context(permissions, viewport={"width": 1440, "height": 900}, **more), "pc")

    def phone(self, *, permissions: bool = True) -> Page:
        """A person with a phone in WeChat, 375 px wide."""
        context = self._context(
            permissions, viewport={"width": 375, "height": 812}, device_scale_factor=2, is_mobile=True,
            has_touch=True, user_agent=PHONE_AGENT,
        )  # fmt: skip
        return self._page(context, "phone")

    def _context(self, permissions: bool, **options: Any) -> BrowserContext:
        granted = ["camera", "microphone"] if permissions else []
        context = self.browser.new_context(
            base_url=self.url, locale="zh-CN", timezone_id="America/New_York", permissions=granted,
            reduced_motion="reduce", **options
        )
        context.set_default_timeout(PATIENCE)
        return context

    def _page(self, context: BrowserContext, who: str) -> Page:
        return self.watch(context.new_page(), who)

    def watch(self, page: Page, who: str) -> Page:
        """Keep what goes wrong in a page."""
        self.pages.append((who, page))
        page.on("pageerror", lambda e: self.errors.append(f"{who}: {e}"))
        page.on("console", lambda m: m.type == "error" and self.faults.append(f"{who}: {_message(m)}"))
        return page


def _message(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location.get('url', '')}"


@contextmanager
def theatre(url: str, wechat: str) -> Iterator[Theatre]:
    executable = shutil.which("chromium")
    if not executable:
        raise RuntimeError("chromium is missing: `make setup` installs it")
    expect.set_options(timeout=PATIENCE)
    with screen() as env, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=False, args=ARGS, env=env, ignore_default_args=["--mute-audio"]
        )
        try:
            yield Theatre(browser, url, wechat)
        finally:
            browser.close()
