"""A phone with the mini-program on it: opened, tapped, killed, put in the background, taken off the network."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route

from tests.miniprogram.build import MINIPROGRAM, built
from tests.miniprogram.person import Person

WIDTH, HEIGHT = 375, 812
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.49(0x18003133) NetType/WIFI Language/zh_CN miniProgram"
)
# The last one: the pages come from the test, not from the server, and Chromium would keep its sockets from them.
PERMISSIONS = ["camera", "microphone", "local-network-access"]
SDK = Path(__file__).with_name("jweixin.js")


class Phone:
    """One WeChat user with our mini-program. `page` is its window; pages of the web open beside it (`web`)."""

    def __init__(
        self, browser: Browser, url: str, person: Person, *, source: Path = MINIPROGRAM,
        watch: Callable[[Page, str], Any] | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.url, self.person, self.source, self.build = url, person, source, built(source)
        self.errors: list[str] = []
        screen = {"viewport": {"width": WIDTH, "height": HEIGHT}, "device_scale_factor": 2}
        self.context: BrowserContext = browser.new_context(
            **{**screen, **options}, is_mobile=True, has_touch=True, user_agent=AGENT, locale="zh-CN", base_url=url,
            timezone_id="Asia/Shanghai", permissions=PERMISSIONS, reduced_motion="reduce",
        )  # fmt: skip
        self.context.set_default_timeout(30_000)
        self.context.expose_function("__mpAsk", person.answer)
        self.context.route(f"{url}/__mp__/**", self._serve)
        self.context.route("https://res.wx.qq.com/**", lambda r: r.fulfill(path=SDK, content_type="text/javascript"))
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda e: self.errors.append(str(e.stack or e)))
        self.log: list[str] = []
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.log.append(m.text))
        if watch:
            watch(self.page, "mini-program")

    def _serve(self, route: Route) -> None:
        path = unquote(urlsplit(route.request.url).path).removeprefix("/__mp__/") or "index.html"
        inside = path.startswith("files/")
        root = self.source if inside else self.build
        file = (root / path.removeprefix("files/")).resolve()
        if not file.is_relative_to(root.resolve()) or not file.is_file():
            route.fulfill(status=404, body=f"{path} is not in the mini-program")
            return
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {
            "Content-Type": f"{kind}; charset=utf-8" if kind.startswith("text") else kind,
            "Cross-Origin-Opener-Policy": "same-origin",  # as the server's pages: a web-view keeps its opener
        }
        route.fulfill(path=file, headers=headers)

    def open(self, path: str = "", *, query: str = "", scene: int = 1001) -> Phone:
        """A cold start: by the icon, or at `path` as a notice, a QR code or a share leads there."""
        self.page.goto(f"{self.url}/__mp__/index.html?path={quote(path)}&query={quote(query)}&scene={scene}")
        self.page.wait_for_function("() => window.__mp?.pages?.front")
        return self

    def kill(self) -> Phone:
        """WeChat ends the app; storage stays. The next start is a cold one at the first page."""
        return self.open()

    def background(self, *, long: bool = False) -> None:
        """The person looks elsewhere; after some seconds the phone cuts the sockets."""
        self.page.evaluate("long => { __mp.hide(); if (long) __mp.cutSockets() }", long)

    def foreground(self, **options: Any) -> None:
        self.page.evaluate("options => __mp.show(options)", options)

    def offline(self, off: bool = True) -> None:
        self.context.set_offline(off)
        if off:
            self.page.evaluate("() => window.__mp?.cutSockets()")

    def cut_sockets(self) -> None:
        self.page.evaluate("() => __mp.cutSockets()")

    @property
    def path(self) -> str:
        return str(self.page.evaluate("() => __mp.pages.front?.path ?? ''"))

    def at(self, path: str, seconds: float = 30) -> None:
        """Wait until the page in front ends with `path`."""
        self.page.wait_for_function("p => __mp.pages?.front?.path.endsWith(p)", arg=path, timeout=seconds * 1000)

    def back(self) -> None:
        self.page.locator('[data-test="wx-back"]:visible').click()

    def web(self) -> Page | None:
        """The web-view that covers the mini-program, if one is open."""
        return next((p for p in self.context.pages if p is not self.page and not p.is_closed()), None)

    def faults(self) -> list[str]:
        """All that must fail a test: unknown wx calls, too large setData, exceptions nobody caught."""
        mine: list[str] = []
        if not self.page.is_closed() and "/__mp__/" in self.page.url:
            mine = self.page.evaluate("() => window.__mp?.faults ?? []")
        return [*mine, *self.errors]

    def data(self) -> dict[str, Any]:
        """The data of the page in front."""
        result: dict[str, Any] = self.page.evaluate("() => JSON.parse(JSON.stringify(__mp.pages.front.caller.data))")
        return result

    def shoot(self, file: Path) -> None:
        self.page.screenshot(path=str(file), animations="disabled")

    def close(self) -> None:
        self.context.unroute_all(behavior="ignoreErrors")
        self.context.close()
