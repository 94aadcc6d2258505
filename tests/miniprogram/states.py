"""`python -m tests.miniprogram.states`: every page that loads something, while it loads, when that fails, without a
network, and with nothing to show; then every page under a ruler, small, dark and in 长辈模式 (reach.py).

A designed state stands there each time, not a blank page; a picture of each is kept beside the journey's.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.guide import shots_folder
from tests.journeys.stack import ROOT, Stack, running
from tests.miniprogram import reach
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone
from tests.miniprogram.shots import STATES, address, all_pages
from tests.miniprogram.world import places

OWNER, NOBODY = "zhangsan", "ouyangruoxi"
# They show what stands in the page itself, what the phone knows, or another page of ours.
STILL = {
    "packages/me/agreement/agreement", "packages/me/scan/scan", "packages/session/device/device",
    "packages/session/call/call",
}  # fmt: skip
AT_ONCE_THERE = {"pages/home/home", "pages/me/me"}  # parts of their own, or what the sign-in brought: no skeleton
FRONT = ".screen.front"
MARKS = {
    "loading": f"{FRONT} bones",
    "error": f"{FRONT} [data-test=error-state], {FRONT} [data-test=retry]",
    "offline": f"{FRONT} [data-test=offline], {FRONT} [data-test=error-state]",
}
IN_LINE = "lisi", "packages/session/wait/wait?id={other}"  # the owner's session is under way
EMPTY = ("pages/bookings/bookings", "packages/me/notices/notices", "packages/book/items/items?q=没有这样的事项")
PATIENCE = 20_000  # ms; a failed read is tried again before it is called failed


AT_ONCE = 6  # phones that wait side by side


def play(stack: Stack, out: Path) -> tuple[int, int]:
    """(passed, failed); pictures go to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    known = places(stack.url, stack.wechat, OWNER)
    loading = [page for page in all_pages() if page not in STILL]
    wanted = [(state, OWNER, page) for state in MARKS for page in loading]
    wanted = [one for one in wanted if one[0] != "loading" or one[2] not in AT_ONCE_THERE]
    wanted += [("empty", NOBODY, page) for page in EMPTY]
    failed = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for start in range(0, len(wanted), AT_ONCE):
            group = [(one[0], one[2], _opened(browser, stack, *one, known)) for one in wanted[start : start + AT_ONCE]]
            for state, page, phone in group:
                if fault := _seen(phone, MARKS.get(state, f"{FRONT} [data-test=empty]")):
                    failed += 1
                    print(f"{state} {page}: {fault}", flush=True)
                phone.shoot(out / f"{state}-{page.partition('?')[0].rpartition('/')[2]}.png")
                phone.close()
        counted = _reached(browser, stack, known, out)
        browser.close()
    return len(wanted) - failed + counted[0], failed + counted[1]


def _reached(browser: Browser, stack: Stack, known: dict[str, str], out: Path) -> tuple[int, int]:
    """(passed, failed) pages under the ruler."""
    mine = [page for page in all_pages() if page != address(IN_LINE[1])[0]]
    faults = reach.play(browser, stack, OWNER, mine, known, out)
    faults += reach.play(browser, stack, IN_LINE[0], [IN_LINE[1]], known, out)
    for fault in faults:
        print(fault, flush=True)
    bad = {fault.partition(":")[0] for fault in faults}
    return reach.LOOKS * (len(mine) + 1) - len(bad), len(bad)


def _opened(browser: Browser, stack: Stack, state: str, persona: str, page: str, known: dict[str, str]) -> Phone:
    phone = Phone(browser, stack.url, Person(stack.wechat, persona))
    STATES.get(state, STATES["normal"])(phone)
    path, query = address(page)
    return phone.open(path, query=query.format(**known))


def _seen(phone: Phone, mark: str) -> str:
    """'' when the state stands there, else what was wrong."""
    try:
        expect(phone.page.locator(mark).filter(visible=True).first).to_be_visible(timeout=PATIENCE)
    except AssertionError as error:
        return str(error).splitlines()[0]
    return "; ".join(phone.faults())


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), SIGN_INS_PER_IP="1000") as stack:
        passed, failed = play(stack, shots_folder(ROOT) / "states")
    print(f"states: {passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
