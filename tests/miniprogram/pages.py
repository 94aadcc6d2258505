"""Random steps on the real pages in Chromium: something breaks under a page; then the page shows the same again."""

from __future__ import annotations

import contextlib
import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import requests
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import until
from tests.drills.__main__ import kill
from tests.journeys.stack import Stack
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone
from tests.miniprogram.scenes import ENDS_APP, SCENES, Scene, missing
from tests.miniprogram.shots import all_pages
from tests.miniprogram.world import scan_token, stage

PATIENCE = 90.0
DEATHS = 3  # of the server, spread over the runs
QUARTER = 900  # seconds: what is open, full or over may change at a turn
WAITING = ".screen.front bones, .screen.front [data-test=reconnecting]:visible"
FAILED = ".screen.front [data-test=error-state]:visible"
# Words, what is in the fields, what is ticked. Figures in the words run (clocks, places left): they are not looked at.
LOOK = """beside => {
  const page = document.querySelector('.screen.front .webview')
  const hidden = beside ? [...page.querySelectorAll(beside)] : []
  hidden.forEach((one) => (one.style.display = 'none'))
  const words = page.innerText.replace(/\\d+/g, '').replace(/\\s+/g, ' ').trim()
  const fields = [...page.querySelectorAll('input, textarea')].map((one) => one.value)
  const ticked = [...page.querySelectorAll('[aria-checked="true"]')].map((one) => one.textContent.trim())
  hidden.forEach((one) => (one.style.display = ''))
  return [words, ...fields, ...ticked].join(' | ')
}"""


def shown(phone: Phone, scene: Scene) -> str | None:
    """What the applicant sees; None while it is on its way."""
    words: str = phone.page.evaluate(LOOK, scene.beside)
    if not words or phone.page.locator(WAITING).count():
        return None
    if scene.also is None:
        return words
    more = scene.also(phone)
    return None if more is None else f"{words} | {more}"


def settled(phone: Phone, scene: Scene) -> str:
    """What is shown once it has stopped changing and nothing is loading."""
    before, end = None, time.monotonic() + PATIENCE
    while time.monotonic() < end:
        now = shown(phone, scene)
        if now and now == before:
            return now
        before = now
        phone.page.wait_for_timeout(150)
    raise AssertionError(f"the page never came to rest: {phone.page.evaluate(LOOK, scene.beside)[:200]}")


def _socket(phone: Phone, _: Stack) -> None:
    phone.cut_sockets()


def _background(phone: Phone, _: Stack) -> None:
    phone.background(long=True)
    phone.foreground()


def _network(phone: Phone, _: Stack) -> None:
    phone.offline()
    phone.offline(False)


def _app(phone: Phone, _: Stack) -> None:
    """WeChat ends the app, with the web-view over it; it comes back where it was."""
    here = phone.page.url
    phone.page.goto("about:blank")
    alone(phone)
    phone.page.goto(here)
    phone.page.wait_for_function("() => window.__mp?.pages?.front")


def _server(phone: Phone, stack: Stack) -> None:
    """The person looks away until it is there again."""
    kill(stack, "gunicorn")
    phone.background()
    there(stack)
    phone.foreground()


def _server_and_app(phone: Phone, stack: Stack) -> None:
    """The app starts while the server is away."""
    kill(stack, "gunicorn")
    _app(phone, stack)


def there(stack: Stack) -> None:
    """The server answers."""

    def answers() -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{stack.url}/readyz", timeout=5).ok
        return False

    until(answers, PATIENCE, every=0.1)


Fault = Callable[[Phone, Stack], None]
FAULTS: dict[str, Fault] = {"socket": _socket, "background": _background, "network": _network, "app": _app}
SERVER_FAULTS: dict[str, Fault] = {"server": _server, "server_and_app": _server_and_app}


def alone(phone: Phone) -> None:
    """No page of the web lies over the mini-program."""
    while web := phone.web():
        web.close()


def try_again(phone: Phone) -> None:
    """The way on that a page offers when the server was away for longer than it waited."""
    retry = phone.page.locator('.screen.front [data-test="retry"]:visible')
    if retry.count():
        retry.first.click()


def differs(before: str, after: str) -> str:
    """'' or the first place where the two part."""
    if before == after:
        return ""
    parts = (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
    at = max(0, next(parts, min(len(before), len(after))) - 40)
    return f"\n    before: …{before[at : at + 240]}\n    after: …{after[at : at + 240]}"


@dataclass(frozen=True)
class Run:
    """One break: on a page at rest or after what was done on it, or early, while the page still loads."""

    scene: Scene
    fault: str
    early: bool

    def __str__(self) -> str:
        return f"{self.scene.name}, {self.fault}{' while it loads' if self.early else ''}"

    def play(self, phone: Phone, stack: Stack, query: str) -> str:
        """'' when the page came back to the same, else what was wrong."""
        phone.errors.clear()
        before = self._before(phone, query)
        wrong = phone.faults()
        if self.early:
            phone.open(self.scene.page, query=query)
        {**FAULTS, **SERVER_FAULTS}[self.fault](phone, stack)
        after = self._after(phone, before)
        there(stack)
        wrong += phone.faults()
        if after == before and self.scene.undo:
            self.scene.undo(phone)
        return "; ".join(wrong) or differs(before, after)

    def _before(self, phone: Phone, query: str) -> str:
        alone(phone)
        phone.open(self.scene.page, query=query)
        if self.scene.act:
            settled(phone, Scene(self.scene.page))
            self.scene.act(phone)
        before = settled(phone, self.scene)
        assert not phone.page.locator(FAILED).count(), f"nothing to come back to: {before[:200]}"
        return before

    def _after(self, phone: Phone, before: str) -> str:
        end = time.monotonic() + PATIENCE
        while (after := settled(phone, self.scene)) != before and time.monotonic() < end:
            if self.fault in SERVER_FAULTS:
                try_again(phone)
        return after


def drawn(chance: random.Random, count: int) -> list[Run]:
    """The runs: every scene before any comes again; the server's deaths spread over them."""
    scenes: list[Scene] = []
    while len(scenes) < count:
        scenes += chance.sample(SCENES, len(SCENES))
    deaths = {(n + 1) * count // DEATHS - 1: n for n in range(DEATHS)}
    runs = []
    for number, scene in enumerate(scenes[:count]):
        deadly = number in deaths
        names = list(SERVER_FAULTS)[deaths[number] % 2 :][:1] if deadly else list(FAULTS)
        allowed = [name for name in names if name not in scene.never] or ["server"]
        fault = chance.choice(allowed)
        early = scene.act is None and fault not in ENDS_APP and chance.random() < 0.5
        runs.append(Run(scene, fault, early))
    return runs


@dataclass
class Phones:
    """One for each person, made when it is first wanted."""

    browser: Browser
    stack: Stack
    known: dict[str, Phone] = field(default_factory=dict)

    def of(self, who: str) -> Phone:
        if who not in self.known:
            self.known[who] = Phone(self.browser, self.stack.url, Person(self.stack.wechat, who))
        return self.known[who]


def play(stack: Stack, seed: int, count: int) -> tuple[int, int]:
    """(passed, failed) of `count` runs."""
    if left_out := missing(all_pages()):
        print(f"  no scene opens {', '.join(sorted(left_out))}", flush=True)
        return 0, count
    failed = 0
    known = stage(stack.url, stack.wechat)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--use-fake-device-for-media-stream"],
        )
        phones = Phones(browser, stack)
        for run in drawn(random.Random(seed), count):
            if why := _played(run, phones.of(run.scene.who), stack, known):
                failed += 1
                print(f"  {run}: {why}", flush=True)
        browser.close()
    return count - failed, failed


def _played(run: Run, phone: Phone, stack: Stack, known: dict[str, str]) -> str:
    """What was wrong; once more when a quarter of an hour turned meanwhile, and what may be booked with it."""
    asked = partial(run.scene.query.format_map, known)
    for _ in range(2):
        began = time.time() // QUARTER
        try:
            if "{scan}" in run.scene.query:
                known["scan"] = scan_token(stack.url)
            why = run.play(phone, stack, asked())
        except Exception as error:
            why = str(error).splitlines()[0]
        if not why or time.time() // QUARTER == began:
            break
    return why
