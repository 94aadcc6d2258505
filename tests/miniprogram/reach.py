"""Can everything be reached and read with one thumb: each page at 320 and 430 px, dark, and in 长辈模式 (row M64).

Nothing wider than the screen, what is tapped at least 44 px, the page's own buttons in the lower half of the screen,
words against their ground at least 4.5 : 1. The switches are tapped; then the pages lie on one phone after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.journeys.hands import AXE, at, press
from tests.journeys.stack import Stack
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone
from tests.miniprogram.shots import address

NARROW, WIDE = {"width": 320, "height": 640}, {"width": 430, "height": 932}
LOOKS = 3  # at each page
PATIENCE = 30_000  # ms
TOUCH = 44  # px (ui.md, Language of the design)
RULER = Path(__file__).with_name("ruler.js").read_text(encoding="utf-8")
GOES = "url => new Promise((success, fail) => wx.reLaunch({ url, success, fail }))"
RESTS = "path => __mp.pages.front?.path.endsWith(path) && !document.querySelector('.screen.front bones')"


def play(browser: Browser, stack: Stack, who: str, pages: Iterable[str], known: dict[str, str], out: Path) -> list[str]:
    """What is wrong, a line each; a picture of each page stays in `out`."""
    phone = Phone(browser, stack.url, Person(stack.wechat, who))
    phone.context.add_init_script("localStorage.setItem('mpconsent:privacy', '1')")
    phone.open()
    phone.page.evaluate(AXE.read_text())
    faults = []
    for page in pages:
        faults += _measured(phone, page, known, out, "small", NARROW, dark=False)
        faults += _measured(phone, page, known, out, "dark", WIDE, dark=True, there=True)
    phone.page.set_viewport_size(NARROW)
    phone.page.evaluate(GOES, "/pages/me/me")
    press(phone.page, "elder")
    expect(at(phone.page, "elder")).to_have_attribute("aria-checked", "true")
    for page in pages:
        faults += _measured(phone, page, known, out, "elder", NARROW, dark=True)
    faults += phone.faults()
    phone.close()
    return faults


def _measured(
    phone: Phone, page: str, known: dict[str, str], out: Path, name: str, size: dict[str, int], *, dark: bool,
    there: bool = False,
) -> list[str]:  # fmt: skip
    """The ruler's findings on one page; `there`: it is in front already."""
    path, query = address(page)
    if dark is not (phone.page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches")):
        phone.page.emulate_media(color_scheme="dark" if dark else "light")
    phone.page.set_viewport_size(size)
    if not there:
        phone.page.evaluate(GOES, f"/{path}?{query.format(**known)}")
    phone.page.wait_for_function(RESTS, arg=path, timeout=PATIENCE)
    found = phone.page.evaluate(RULER, {"touch": TOUCH, "elder": name == "elder"})
    phone.shoot(out / f"reach-{path.rpartition('/')[2]}-{name}.png")
    return [f"{name} {path}: {fault}" for fault in json.loads(found)]
