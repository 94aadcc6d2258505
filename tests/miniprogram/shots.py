"""`python -m tests.miniprogram.shots OUT [page[?query]…] [--state NAME]`: the mini-program's pages as pictures, 375 px.

Without pages: every page of app.json. A query may name what was prepared: {item} {booking} {future} {session}
{commitment} {material}. `--tap data-test` (repeatable) taps before the picture. Uses the server of
`python -m tests.miniprogram.serve` when SERVER and WECHAT are set, else starts its own. See miniprogram/README.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Route, sync_playwright

from tests.journeys.stack import running
from tests.miniprogram.build import MINIPROGRAM
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone
from tests.miniprogram.world import places

PERSONA = "zhangsan"
QUERIES = {  # page → what it needs; the others need nothing
    "packages/book/item/item": "id={item}",
    "packages/book/slots/slots": "id={item}",
    "packages/book/done/done": "id={future}",
    "packages/session/gate/gate": "id={booking}",
    "packages/papers/commitment/commitment": "id={session}&commitment={commitment}",
    "packages/papers/sign/sign": "id={session}&commitment={commitment}",
}
SESSION_PAGES = ("packages/session/", "packages/papers/")


def _nothing(_: Phone) -> None:
    """As it is."""


def _answer(status: int) -> Callable[[Phone], None]:
    def act(phone: Phone) -> None:
        phone.context.route("**/api/**", lambda route: _refuse(route, status))

    return act


def _refuse(route: Route, status: int) -> None:
    if "/auth/" in route.request.url:
        route.fallback()
    elif status:
        route.fulfill(status=status, json={"error": {"code": "unavailable", "message": "服务正在恢复，请稍后重试"}})


STATES: dict[str, Callable[[Phone], None]] = {
    "normal": _nothing,
    "offline": lambda phone: phone.offline(),
    "error": _answer(503),
    "loading": _answer(0),  # never answered
    "dark": lambda phone: phone.page.emulate_media(color_scheme="dark"),
    "narrow": lambda phone: phone.page.set_viewport_size({"width": 320, "height": 640}),
    "wide": lambda phone: phone.page.set_viewport_size({"width": 430, "height": 932}),
}


@contextlib.contextmanager
def server() -> Iterator[tuple[str, str]]:
    """(address, WeChat sandbox) of the running stack, or of one that lives as long as this."""
    if os.environ.get("SERVER"):
        yield os.environ["SERVER"], os.environ["WECHAT"]
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), SCHEMA="models") as stack:
        yield stack.url, stack.wechat


def all_pages() -> list[str]:
    app = json.loads((MINIPROGRAM / "app.json").read_text())
    return [*app["pages"], *(f"{sub['root']}/{page}" for sub in app["subPackages"] for page in sub["pages"])]


def address(page: str) -> tuple[str, str]:
    """(path, query pattern) of what was named."""
    path, _, query = page.partition("?")
    if not query:
        query = QUERIES.get(path, "id={session}" if path.startswith(SESSION_PAGES) else "")
    return path.strip("/"), query


def shoot(browser: Browser, url: str, wechat: str, pages: list[str], out: Path, state: str, taps: list[str]) -> int:
    known = places(url, wechat, PERSONA)
    bad = 0
    for number, page in enumerate(pages):
        path, query = address(page)
        person = Person(wechat, PERSONA)
        phone = Phone(browser, url, person)
        try:
            STATES[state](phone)
            phone.open(path, query=query.format(**known))
            phone.page.wait_for_timeout(1500)  # a picture of the page at rest
            for tap in taps:
                phone.page.locator(f'[data-test="{tap}"]:visible').first.click()
                phone.page.wait_for_timeout(800)
        except Exception as fault:
            phone.errors.append(str(fault).splitlines()[0])
        file = out / f"{number:02d}-{path.split('/')[-1]}-{'-'.join([state, *taps])}.png"
        phone.shoot(file)
        faults = phone.faults()
        bad += bool(faults)
        print(f"{file.name}: {faults or 'ok'}", flush=True)
        phone.close()
    return bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--state", choices=STATES, default="normal")
    parser.add_argument("--tap", action="append", default=[])
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    executable = shutil.which("chromium")
    with server() as (url, wechat), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        bad = shoot(browser, url, wechat, asked.pages or all_pages(), asked.out, asked.state, asked.tap)
        browser.close()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
