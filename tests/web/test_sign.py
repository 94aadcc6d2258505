"""The signature page against the real application (row S24; pains P34–P37; cases S26–S28)."""

import json
import math
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, expect
from werkzeug.serving import make_server

from tests.actors import Stage
from tests.conftest import MakeApp
from tests.signature.conftest import Signing, later, signing_of
from tests.web import rig

Points = list[tuple[float, float]]
AXE = rig.ROOT / "web/node_modules/axe-core/axe.min.js"
# shares of the canvas: two characters
NAME: list[Points] = [
    [(0.2, 0.3), (0.42, 0.3), (0.4, 0.5), (0.24, 0.52), (0.38, 0.7), (0.22, 0.74)],
    [(0.55, 0.34), (0.8, 0.32)],
    [(0.56, 0.5), (0.78, 0.49)],
    [(0.5, 0.68), (0.84, 0.66)],
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pages")
    rig.build_page("sign", out)
    return out


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    with rig.chromium(playwright) as one:
        yield one


@pytest.fixture
def signing(make_app: MakeApp, pages: Path) -> Signing:
    return signing_of(Stage(make_app(web_dist=str(pages))))


@pytest.fixture
def address(signing: Signing) -> Iterator[str]:
    server = make_server("localhost", 0, signing.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


OpenPhone = Callable[..., Page]


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[OpenPhone]:
    """A phone in WeChat, held upright."""
    contexts: list[BrowserContext] = []

    def open_phone(token: str, *, width: int = 375, height: int = 667, ratio: float = 2) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=ratio,
            is_mobile=True,
            has_touch=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.goto(f"{address}/s/{token}")
        return page

    yield open_phone
    for context in contexts:
        context.close()


def at(page: Page, name: str) -> Any:
    return page.locator(f'[data-test="{name}"]')


def writes(page: Page, strokes: list[Points] = NAME) -> None:
    """By finger: real touch events on the canvas."""
    box = at(page, "sign-canvas").bounding_box()
    cdp = page.context.new_cdp_session(page)

    def touch(kind: str, points: Points) -> None:
        cdp.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
        )

    for stroke in strokes:
        path = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in stroke]
        touch("touchStart", path[:1])
        for (x0, y0), (x1, y1) in pairwise(path):
            steps = max(3, round(math.hypot(x1 - x0, y1 - y0) / 4))  # a finger reports every few pixels
            for step in range(1, steps + 1):
                touch("touchMove", [(x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps)])
        touch("touchEnd", [])
    cdp.detach()


def code(signing: Signing) -> str:
    return signing.applicant.gets_code(signing.read())


def state(signing: Signing) -> str:
    return signing.view()["commitment"]["state"]


def ink(page: Page) -> dict[str, float]:
    """Where the canvas holds ink, in css pixels; `cells` counts the inked device pixels."""
    return page.evaluate(
        """() => {
            const canvas = document.querySelector('[data-test="sign-canvas"]')
            const { width, height } = canvas
            const ratio = width / canvas.clientWidth
            const data = canvas.getContext('2d').getImageData(0, 0, width, height).data
            let [left, top, right, bottom, cells] = [width, height, 0, 0, 0]
            for (let i = 3; i < data.length; i += 4) {
                if (data[i] < 128) continue
                const x = (i >> 2) % width, y = Math.floor((i >> 2) / width)
                left = Math.min(left, x); right = Math.max(right, x + 1)
                top = Math.min(top, y); bottom = Math.max(bottom, y + 1); cells += 1
            }
            return { left: left / ratio, top: top / ratio, right: right / ratio, bottom: bottom / ratio, cells }
        }"""
    )


def watch_sent(page: Page) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    page.on(
        "request",
        lambda r: (
            r.method == "POST"
            and sent.append(
                {"key": r.headers.get("idempotency-key"), "body": json.loads(r.post_data or "{}")}
            )
        ),
    )
    return sent


def test_signs_by_finger(signing: Signing, phone: OpenPhone) -> None:
    page = phone(code(signing))
    expect(at(page, "title")).to_have_text("“信用+视频办”承诺书")
    expect(at(page, "item")).to_have_text("初中、小学、幼儿园教师资格认定")
    expect(at(page, "name")).to_have_text("张*")
    assert signing.view()["commitment"]["ticket"]["state"] == "scanned"
    expect(at(page, "sign-confirm")).to_be_disabled()
    writes(page)
    sent = watch_sent(page)
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")
    assert state(signing) == "signed"
    body = sent[0]["body"]
    assert [len(stroke) >= 2 for stroke in body["strokes"]] == [True] * 4
    first = body["strokes"][0][0]
    assert set(first) == {"x", "y", "t", "p"}
    assert first["t"] == 0


def test_the_text_can_be_read_here_too(signing: Signing, phone: OpenPhone) -> None:
    page = phone(code(signing))
    at(page, "open-text").click()
    expect(page.get_by_text("真实、完整、有效")).to_be_visible()
    at(page, "close-text").click()
    expect(at(page, "sign-canvas")).to_be_visible()


def test_turning_the_phone_keeps_the_strokes(signing: Signing, phone: OpenPhone) -> None:
    """P34, case S26: turned four times, keyboard shown and hidden; the same points arrive."""
    page = phone(code(signing))
    writes(page)
    before = ink(page)
    for width, height in ((667, 375), (375, 667), (667, 375), (375, 667), (375, 330), (375, 667)):
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_function(
            """([w]) => { const c = document.querySelector('canvas');
                          return innerWidth === w && Math.round(c.clientWidth * devicePixelRatio) === c.width
                              && Math.round(c.clientHeight * devicePixelRatio) === c.height }""",
            arg=[width],
        )
        assert ink(page)["cells"] > 500
    after = ink(page)
    assert all(abs(after[side] - before[side]) <= 1 for side in ("left", "top", "right", "bottom"))
    sent = watch_sent(page)
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")
    assert len(sent[0]["body"]["strokes"]) == 4


def test_written_upright_and_lying(signing: Signing, phone: OpenPhone) -> None:
    """A stroke added after turning lies where the finger was, and picture and strokes agree (422 otherwise)."""
    page = phone(code(signing))
    writes(page, NAME[:1])
    page.set_viewport_size({"width": 667, "height": 375})
    page.wait_for_function("() => innerWidth === 667")
    box = at(page, "sign-canvas").bounding_box()
    writes(page, [[(0.48, 0.2), (0.52, 0.8)]])
    now = ink(page)
    assert abs(now["bottom"] - box["height"] * 0.8) < 4
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")


@pytest.mark.parametrize("ratio", [1, 1.5, 2, 3])
def test_the_pen_is_under_the_finger(signing: Signing, phone: OpenPhone, ratio: float) -> None:
    """P35: at every device pixel ratio the ink is where the finger was, to one css pixel."""
    page = phone(code(signing), ratio=ratio)
    box = at(page, "sign-canvas").bounding_box()
    writes(page, [[(0.25, 0.4), (0.75, 0.4)]])
    across = ink(page)
    assert abs((across["top"] + across["bottom"]) / 2 - box["height"] * 0.4) <= 1
    assert across["right"] - across["left"] > box["width"] * 0.48
    at(page, "clear").click()
    writes(page, [[(0.7, 0.2), (0.7, 0.8)]])
    down = ink(page)
    assert abs((down["left"] + down["right"]) / 2 - box["width"] * 0.7) <= 1
    assert down["bottom"] - down["top"] > box["height"] * 0.58


def test_a_dot_is_no_signature(signing: Signing, phone: OpenPhone) -> None:
    page = phone(code(signing))
    sent = watch_sent(page)
    writes(page, [[(0.5, 0.5), (0.505, 0.5)]])
    at(page, "sign-confirm").click()
    expect(at(page, "message")).to_contain_text("完整姓名")
    assert sent == []
    at(page, "clear").click()
    expect(at(page, "sign-confirm")).to_be_disabled()
    assert ink(page)["cells"] == 0
    assert state(signing) == "read"


def test_lost_network_keeps_the_strokes(signing: Signing, phone: OpenPhone) -> None:
    """The answer is lost twice, once after it was stored: strokes stay, same key, signed once."""
    page = phone(code(signing))
    sent = watch_sent(page)
    writes(page)
    losses, stored = iter((False, True)), []

    def lose(route: Route) -> None:
        arrived = next(losses, None)
        if arrived is None:
            route.continue_()
            return
        if arrived:
            stored.append(route.fetch(headers=route.request.all_headers()).status)
        route.abort()

    page.route("**/api/sign/*", lambda r: lose(r) if r.request.method == "POST" else r.continue_())
    at(page, "sign-confirm").click()
    expect(at(page, "message")).to_contain_text("笔迹已保留")
    assert ink(page)["cells"] > 500
    at(page, "sign-confirm").click()
    expect(at(page, "sign-confirm")).to_be_enabled()
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")
    assert stored == [201]
    assert len({each["key"] for each in sent}) == 1
    assert signing.kinds().count("sign.signed") == 1


def test_reload_keeps_the_strokes(signing: Signing, phone: OpenPhone) -> None:
    page = phone(code(signing))
    writes(page)
    before = ink(page)
    page.reload()
    expect(at(page, "message")).to_contain_text("已恢复")
    after = ink(page)
    assert all(abs(after[side] - before[side]) <= 1 for side in ("left", "top", "right", "bottom"))
    assert 0.8 < after["cells"] / before["cells"] < 1.25
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")
    assert page.evaluate("() => Object.keys(localStorage)") == []


def test_code_runs_out_in_mid_signature(signing: Signing, phone: OpenPhone, address: str) -> None:
    """Clear words, strokes kept, and they go on under the new code (reliability 4b)."""
    commitment = signing.read()
    page = phone(signing.applicant.gets_code(commitment))
    writes(page)
    with later(minutes=5, seconds=1):
        at(page, "sign-confirm").click()
        expect(at(page, "message")).to_contain_text("已过期")
    assert ink(page)["cells"] > 500
    page.goto(f"{address}/s/{signing.applicant.gets_code(commitment)}")
    expect(at(page, "message")).to_contain_text("已恢复")
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("签名已提交")


def test_every_end_is_told_in_words(signing: Signing, phone: OpenPhone) -> None:
    """P36, P37: expired, replaced, another phone, already signed, unknown."""
    commitment = signing.read()
    old = signing.applicant.gets_code(commitment)
    new = signing.applicant.gets_code(commitment)
    expect(at(phone(old), "notice")).to_contain_text("二维码已刷新")
    first = phone(new)
    expect(at(first, "sign-canvas")).to_be_visible()
    expect(at(phone(new), "notice")).to_contain_text("已在另一台手机上打开")
    with later(minutes=6):
        expect(at(phone(new), "notice")).to_contain_text("二维码已过期")
    expect(at(phone("a" * 22), "notice")).to_contain_text("二维码无效")
    writes(first)
    at(first, "sign-confirm").click()
    expect(at(first, "notice")).to_contain_text("签名已提交")
    expect(at(phone(new), "notice")).to_contain_text("已签名")


def test_withdrawn_in_mid_signature(signing: Signing, phone: OpenPhone) -> None:
    commitment = signing.read()
    page = phone(signing.applicant.gets_code(commitment))
    writes(page)
    signing.agent.post(f"/commitments/{commitment}/withdraw")
    at(page, "sign-confirm").click()
    expect(at(page, "notice")).to_contain_text("承诺书已撤回")


def test_server_away_then_back(signing: Signing, phone: OpenPhone) -> None:
    token = code(signing)
    page = phone(token)
    expect(at(page, "sign-canvas")).to_be_visible()
    page.route("**/api/sign/*", lambda r: r.abort())
    page.reload()
    expect(at(page, "notice")).to_contain_text("网络不太顺畅")
    page.unroute("**/api/sign/*")
    at(page, "retry").click()
    expect(at(page, "sign-canvas")).to_be_visible()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (375, 667), (568, 320), (768, 1024)])
def test_fits_every_screen(signing: Signing, phone: OpenPhone, width: int, height: int) -> None:
    page = phone(code(signing), width=width, height=height)
    expect(at(page, "sign-canvas")).to_be_visible()
    canvas = at(page, "sign-canvas").bounding_box()
    assert canvas["width"] >= width * 0.85
    assert canvas["height"] >= 130
    for name in ("clear", "sign-confirm"):
        box = at(page, name).bounding_box()
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    assert [v["id"] for v in found["violations"] if v["impact"] in ("serious", "critical")] == []
