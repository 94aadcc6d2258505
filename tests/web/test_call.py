"""The call module between two real Chromium pages (rows S18, S20, S21; pains P21, P23, P29, P30; cases S16, S17)."""

import os
import random
import shutil
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.web import rig

RUNS = int(os.environ.get("CALL_RUNS", "8"))  # of each race; 100 for a long run (case S17)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("call")
    rig.bundle("common/call/index.ts", folder / "call.js")
    shutil.copy(Path(__file__).parent / "call/page.html", folder / "page.html")
    with rig.files(folder) as url:
        yield url


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with rig.chromium(playwright) as one:
        yield one


class Pair:
    """An agent's page and an applicant's page with a relay between them."""

    def __init__(self, browser: Browser, site: str) -> None:
        self._relay = rig.relay()
        self.relay, self.port = self._relay.__enter__()
        self.site = site
        self.context = browser.new_context(permissions=["camera", "microphone"])
        self.epoch = 0
        self.agent = self.open("agent")
        self.applicant = self.open("applicant")

    def open(self, role: str) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.site}/page.html?role={role}&relay={self.port}")
        return page

    def start(self, page: Page) -> None:
        peer = "applicant" if page is self.agent else "agent"
        page.evaluate("([epoch, peer]) => t.call.start({ epoch, peer })", [self.epoch, peer])

    def connect(self) -> None:
        self.epoch += 1
        for page in (self.agent, self.applicant):
            page.evaluate("() => t.connect()")
            self.start(page)
        self.calm()

    def again(self) -> None:
        """A new call of the same two pages: the next epoch."""
        for page in (self.agent, self.applicant):
            page.evaluate("() => t.call.stop()")
        self.epoch += 1
        self.start(self.agent)
        self.start(self.applicant)

    def calm(self) -> None:
        for page in (self.agent, self.applicant):
            page.wait_for_function("() => t.calm()")

    def seen(self, page: Page, what: str) -> None:
        page.wait_for_function(f"() => t.showing('#{what}')")

    def close(self) -> None:
        self.context.close()
        self._relay.__exit__(None, None, None)


@pytest.fixture
def pair(browser: Browser, site: str) -> Iterator[Pair]:
    one = Pair(browser, site)
    yield one
    one.close()


def inbound(page: Page, kind: str) -> dict:
    return page.evaluate("(kind) => t.inbound(kind)", kind)


def test_picture_and_sound_both_ways(pair: Pair) -> None:
    pair.connect()
    for page in (pair.agent, pair.applicant):
        pair.seen(page, "remote")
        page.wait_for_function("async () => (await t.inbound('audio')).energy > 0")
        assert page.evaluate("() => t.log.faults") == []
        assert page.evaluate("() => t.log.peerMedia") == {"microphone": True, "camera": True, "screen": False}


def test_applicant_first_then_agent(pair: Pair) -> None:
    """No offer goes out before the peer is there."""
    pair.epoch = 1
    pair.applicant.evaluate("() => t.connect()")
    pair.start(pair.applicant)
    assert pair.applicant.evaluate("() => t.call.state") == "waiting"
    assert pair.applicant.evaluate("() => t.call.connection()") is None
    pair.agent.evaluate("() => t.connect()")
    pair.start(pair.agent)
    pair.calm()


def test_agent_first_applicant_joins_later(pair: Pair) -> None:
    """S41: on a phone the applicant starts by hand; the offer made before that is not lost."""
    pair.epoch = 1
    pair.agent.evaluate("() => t.connect()")
    pair.start(pair.agent)
    pair.applicant.evaluate("() => t.connect()")
    pair.agent.wait_for_function("() => t.call.connection()?.signalingState === 'have-local-offer'")
    pair.start(pair.applicant)
    pair.calm()


@pytest.mark.parametrize("delay", [0, 50, 100, 500])
def test_share_right_after_connect_with_glare(pair: Pair, delay: int) -> None:
    """Case S17, P23: both share at once, `delay` ms after connect: seen on both sides in < 5 s, state stable."""
    pair.connect()
    for run in range(RUNS):
        if run:
            pair.again()
            pair.calm()
        # both start in the same breath: nothing is awaited between the two
        for page in (pair.agent, pair.applicant):
            page.evaluate("(delay) => void t.share(delay)", delay)
        for page in (pair.agent, pair.applicant):
            pair.seen(page, "screen")
        pair.calm()
        assert pair.agent.evaluate("() => t.log.faults") == []
        assert pair.applicant.evaluate("() => t.log.faults") == []


def test_share_while_connecting(pair: Pair) -> None:
    """S17: a share started while the first negotiation runs is not dropped."""
    pair.connect()
    for _ in range(RUNS):
        pair.again()
        for page in (pair.agent, pair.applicant):
            page.evaluate("() => void t.share()")
        for page in (pair.agent, pair.applicant):
            pair.seen(page, "screen")
        pair.calm()


def test_stop_sharing_is_seen_and_can_start_again(pair: Pair) -> None:
    """P29: ended by the browser's bar or the page: both sides know within a second."""
    pair.connect()
    took = []
    for _ in range(3):
        pair.applicant.click("#share")
        pair.seen(pair.agent, "screen")
        assert pair.agent.evaluate("() => t.log.peerMedia.screen")
        assert pair.applicant.evaluate("() => t.log.localScreen") == "browser"
        pair.applicant.evaluate(
            # what the browser's own bar does: the capture ends under the page
            """() => {
                const sender = t.call.connection().getSenders().filter((s) => s.track?.kind === 'video').at(-1)
                const track = sender.track
                track.stop()
                track.dispatchEvent(new Event('ended'))
            }"""
        )
        stopped = time.monotonic()
        pair.agent.wait_for_function("() => t.log.screen === false")
        took.append(time.monotonic() - stopped)
        assert pair.applicant.evaluate("() => t.log.localScreen") is None
        pair.calm()
    assert min(took) <= 1  # a busy machine only adds


def test_not_the_whole_screen_is_told(pair: Pair) -> None:
    """P30: a tab was chosen: nothing is sent until the person decides."""
    pair.connect()
    choice = pair.applicant.evaluate(
        """async () => {
            const got = await t.call.startScreen({ constraints: { preferCurrentTab: true, displaySurface: undefined } })
            window.kept = got
            return { ok: got.ok, reason: got.reason, surface: got.surface, shared: t.call.media.screen }
        }"""
    )
    assert choice == {"ok": False, "reason": "not_monitor", "surface": "browser", "shared": False}
    pair.applicant.evaluate("() => kept.keep()")
    pair.seen(pair.agent, "screen")


def test_mute_and_camera_off_survive_everything(pair: Pair) -> None:
    """P21: what was switched off stays off over a new connection and a new call, checked on the wire."""
    pair.connect()
    pair.seen(pair.agent, "remote")
    pair.applicant.evaluate(
        "async () => { await t.call.setMicrophone(false); await t.call.setCamera(false) }"
    )
    pair.agent.reload()
    pair.agent.evaluate("() => t.connect()")
    pair.start(pair.agent)
    pair.calm()
    _silent(pair)
    pair.again()
    pair.calm()
    _silent(pair)
    pair.applicant.evaluate("async () => { await t.call.setMicrophone(true); await t.call.setCamera(true) }")
    pair.agent.wait_for_function("async () => (await t.inbound('audio')).energy > 0")
    pair.seen(pair.agent, "remote")


def _silent(pair: Pair) -> None:
    assert pair.applicant.evaluate("() => t.call.media") == {
        "microphone": False,
        "camera": False,
        "screen": False,
    }
    pair.agent.wait_for_function(
        "() => t.log.peerMedia && !t.log.peerMedia.camera && !t.log.peerMedia.microphone"
    )
    # packets go on, carrying silence: wait for some, then look at the energy and the frames
    start = inbound(pair.agent, "audio")
    pair.agent.wait_for_function(
        "async (n) => (await t.inbound('audio')).packets > n", arg=start["packets"] + 30
    )
    end = inbound(pair.agent, "audio")
    assert end["energy"] - start["energy"] == 0
    assert inbound(pair.agent, "video")["frames"] == 0


@pytest.mark.parametrize("who", ["agent", "applicant"])
def test_reload_in_mid_call(pair: Pair, who: str) -> None:
    """P19: a reloaded page finds its call again in the same epoch."""
    pair.connect()
    page: Page = getattr(pair, who)
    for _ in range(3):
        page.reload()
        page.evaluate("() => t.connect()")
        pair.start(page)
        pair.calm()
        for each in (pair.agent, pair.applicant):
            pair.seen(each, "remote")


def test_socket_away_while_renegotiating(pair: Pair) -> None:
    """Offers made while signalling is down are repeated when it is back."""
    pair.connect()
    pair.applicant.evaluate("() => t.drop()")
    pair.applicant.evaluate("() => void t.share()")
    pair.applicant.wait_for_function("() => t.call.connection().signalingState === 'have-local-offer'")
    pair.applicant.evaluate("() => t.connect()")
    pair.seen(pair.agent, "screen")
    pair.calm()


def test_frames_repeated_and_out_of_order(pair: Pair) -> None:
    """Case S16: candidates before their description, frames twice, neighbours swapped."""
    dice = random.Random(16)
    held: dict[str, list[dict]] = {}

    def mangle(to: str, frame: dict) -> list[dict]:
        waiting = held.setdefault(to, [])
        waiting.append(frame)
        if "description" in frame["data"] and len(waiting) < 3:
            return []  # candidates overtake the description
        out = waiting[:]
        waiting.clear()
        dice.shuffle(out)
        return [each for frame in out for each in ([frame, frame] if dice.random() < 0.4 else [frame])]

    pair.relay.mangle = mangle
    pair.connect()
    for _ in range(RUNS):
        pair.again()
        pair.calm()
    assert [f for f in pair.agent.evaluate("() => t.log.faults") if "signal" in f] == []
    assert [f for f in pair.applicant.evaluate("() => t.log.faults") if "signal" in f] == []


def test_old_epoch_is_dropped(pair: Pair) -> None:
    pair.connect()
    old = [f for f in pair.relay.carried if f["from"] == "agent" and "description" in f["data"]]
    pair.again()
    pair.calm()
    before = pair.applicant.evaluate("() => t.call.connection().currentRemoteDescription.sdp")
    for frame in old:
        frame["data"]["n"] += 10_000
        pair.applicant.evaluate("(frame) => t.call.receive(frame)", frame)
    assert pair.applicant.evaluate("() => t.call.connection().currentRemoteDescription.sdp") == before
    pair.calm()


def test_no_camera_is_told_in_words(playwright: Playwright, site: str) -> None:
    """S29: a machine without a camera: sound still goes, the applicant is told and offered the phone."""
    with rig.chromium(playwright, "--use-fake-device-for-media-stream=device-count=0") as browser:
        pair = Pair(browser, site)
        pair.connect()
        problems = pair.applicant.evaluate("() => t.log.problems")
        assert [(p["kind"], p["code"], p["phoneHelps"]) for p in problems] == [("camera", "missing", True)]
        assert problems[0]["title"] == "没有找到摄像头"
        assert pair.applicant.evaluate("() => t.call.media")["microphone"]
        pair.agent.wait_for_function("async () => (await t.inbound('audio')).energy > 0")
        pair.close()


def test_refused_devices(browser: Browser, site: str) -> None:
    pair = Pair(browser, site)
    pair.context.close()
    pair.context = browser.new_context()  # nothing granted
    pair.agent, pair.applicant = pair.open("agent"), pair.open("applicant")
    pair.connect()
    problems = pair.applicant.evaluate("() => t.log.problems")
    assert [(p["kind"], p["code"]) for p in problems] == [("both", "refused")]
    assert "允许" in problems[0]["next"]
    pair.close()


def test_states_never_go_back_to_connecting_once_connected(pair: Pair) -> None:
    pair.connect()
    pair.again()
    pair.calm()
    names = [name for name, _ in pair.agent.evaluate("() => t.log.states")]
    assert ("connected", "connecting") not in list(pairwise(names))
