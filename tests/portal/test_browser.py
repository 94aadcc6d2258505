"""The built pages in a real browser as the portal serves them: nothing from elsewhere, nothing against the policy."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from apiflask import APIFlask
from playwright.sync_api import Browser, Playwright
from werkzeug.serving import make_server

from backend.catalog import demo
from tests.web.rig import ARGS, CHROMIUM

# page → text that shows it is there, most kB of its first view (gzip; issue: budgets)
PAGES = {
    "/": ("信用+视频办", 350),
    "/items": ("区本级", 350),
    "/m/": ("视频办预约", 160),
    "/console/": ("登录", 350),
    "/s/AAAAAAAAAAAAAAAAAAAAAA": ("二维码", 30),
    "/docs/": ("登录与身份", 1000),
}
WATCH = """
window.refused = []
const note = (e) => window.refused.push(e.violatedDirective + ' ' + e.blockedURI)
document.addEventListener('securitypolicyviolation', note)
"""


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    yield browser
    browser.close()


@pytest.fixture
def base(make_app: object) -> Iterator[str]:
    app: APIFlask = make_app()  # type: ignore[operator]
    assert Path(app.extensions["settings"].web_dist, "portal/index.html").is_file(), "the pages are not built"
    with app.app_context():
        demo.load_regions()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_shows_itself_within_its_policy_and_weight(browser: Browser, base: str, path: str) -> None:
    text, most = PAGES[path]
    page = browser.new_page(locale="zh-CN")
    page.add_init_script(WATCH)
    away: list[str] = []
    faults: list[str] = []
    sizes: list[int] = []
    page.on(
        "request", lambda r: away.append(r.url) if not r.url.startswith((base, "data:", "blob:")) else None
    )
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("requestfinished", lambda r: sizes.append(r.sizes()["responseBodySize"]))
    page.goto(base + path)
    page.get_by_text(text).first.wait_for()
    assert page.evaluate("window.refused") == []
    assert (away, faults) == ([], [])
    assert sum(sizes) / 1024 <= most
    page.close()
