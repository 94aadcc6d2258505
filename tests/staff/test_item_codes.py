"""The codes of an item for a poster: WeChat's own, and the plain one that stays when WeChat says no (docs/wechat.md).

SHOTS=folder keeps pictures of the dialog.
"""

import base64
import io
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, Playwright, expect

from backend.catalog.models import Item
from backend.identity import staff_accounts
from backend.platform.db import db, unit_of_work
from tests.actors import Agent, Stage
from tests.journeys.hands import fill, press, see, serious_faults
from tests.office import Office
from tests.web.rig import ARGS, CHROMIUM, ROOT, _node
from tests.wechat.conftest import Line, Sandbox, line, sandbox

__all__ = ["line", "sandbox"]

CODE = "/wxa/getwxacodeunlimit"
LINKS = ROOT / "miniprogram/services/links.js"


@pytest.fixture
def office(make_app: Any, sandbox: Sandbox) -> Office:
    pages = json.loads((ROOT / "miniprogram/app.json").read_text())["pages"]
    sandbox.ask("/__sandbox__/pages", {"pages": pages})
    return Office(Stage(make_app(wechat_sandbox_url=sandbox.url, public_url="https://office.example")))


@pytest.fixture
def admin(office: Office) -> Agent:
    return office.stage.agent("管理员", roles=("admin",))


def read(picture: bytes) -> str:
    return zxingcpp.read_barcode(Image.open(io.BytesIO(picture))).text


def drawn(code: dict[str, Any]) -> str:
    kind, _, data = code["image"].partition(";base64,")
    assert kind == "data:image/png"
    return read(base64.b64decode(data))


def opens(query: dict[str, str]) -> str:
    """The page that the mini-program goes to: its own code."""
    asked = f"console.log(pageOf({json.dumps(query)}, 'https://office.example'))"
    script = f"import {{ pageOf }} from {json.dumps(LINKS.as_uri())}; {asked}"
    command = [_node(), "--no-warnings", "--input-type=module", "-e", script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def of(office: Office, kind: str = "mini-program-code") -> str:
    return f"/admin/items/{office.item_id}/{kind}"


def test_both_codes_lead_the_mini_program_to_the_item(office: Office, admin: Agent) -> None:
    appid, page, scene = drawn(admin.get(of(office))).split("|")
    assert (appid, page, scene) == ("wx5a6d626f78000001", "pages/home/home", f"i={office.item_id}")
    plain = admin.get(of(office, "qr"))
    assert drawn(plain) == plain["url"] == f"https://office.example/m/items/{office.item_id}"
    item = f"/packages/book/item/item?id={office.item_id}"
    assert opens({"scene": scene.replace("=", "%3D")}) == opens({"q": plain["url"]}) == item


def test_wechat_draws_a_code_once(office: Office, admin: Agent, sandbox: Sandbox) -> None:
    first = admin.get(of(office))
    assert (admin.get(of(office)), first["version"]) == (first, "formal")
    (call,) = sandbox.calls(CODE)
    assert json.loads(call["body"])["width"] == 1280


def test_another_version_of_the_mini_program_has_a_code_of_its_own(
    office: Office, admin: Agent, sandbox: Sandbox, make_app: Any
) -> None:
    admin.get(of(office))
    trial = make_app(wechat_sandbox_url=sandbox.url, wechat_mp_state="trial")
    code = Agent(trial, admin.token, admin.name, admin.id).get(of(office))
    assert code["version"] == "trial"
    assert [json.loads(c["body"])["env_version"] for c in sandbox.calls(CODE)] == ["release", "trial"]


@pytest.mark.parametrize(
    ("how", "status", "code", "words"),
    [
        ({"errcode": 41030}, 409, "mini_program_code_refused", "还没有发布"),
        ({"errcode": 40013}, 409, "mini_program_code_refused", "flask wechat check"),
        ({"errcode": 40125}, 409, "mini_program_code_refused", "flask wechat check"),
        ({"errcode": 40169}, 409, "mini_program_code_refused", "微信拒绝生成小程序码"),
        ({"errcode": 45009}, 429, "wechat_busy", "过几分钟再试"),
        ({"errcode": -1}, 503, "wechat_unavailable", "微信没有返回小程序码"),
        ({"status": 502}, 503, "wechat_unavailable", "微信没有返回小程序码"),
    ],
    ids=str,
)
def test_what_wechat_says_instead_is_told_and_not_kept(
    office: Office, admin: Agent, sandbox: Sandbox, how: dict[str, int], status: int, code: str, words: str
) -> None:
    sandbox.breaks(CODE, **how)
    said, answer = admin.try_("GET", of(office))
    assert (said, answer["error"]["code"]) == (status, code)
    assert words in answer["error"]["message"]
    assert drawn(admin.get(of(office, "qr"))).endswith(office.item_id)
    assert drawn(admin.get(of(office))).endswith(office.item_id)  # asked again, now it is drawn


def test_without_wechat_it_is_said(office: Office, admin: Agent, make_app: Any) -> None:
    away = {"wechat_sandbox_url": "http://127.0.0.1:9"}
    told = Agent(make_app(**away), admin.token, admin.name, admin.id).try_("GET", of(office))
    assert (told[0], told[1]["error"]["message"]) == (503, "微信没有返回小程序码，请稍后再试")


def test_a_page_that_is_not_published_is_said(office: Office, admin: Agent, sandbox: Sandbox) -> None:
    sandbox.ask("/__sandbox__/pages", {"pages": []})
    status, answer = admin.try_("GET", of(office))
    assert (status, answer["error"]["details"]) == (409, {"errcode": 41030})


def test_an_item_off_the_list_has_none(office: Office, admin: Agent) -> None:
    with office.context(), unit_of_work():
        db.session.get_one(Item, office.item_id).active = False
    assert {admin.try_("GET", of(office, kind))[0] for kind in ("qr", "mini-program-code")} == {404}


# --- the pages ---------------------------------------------------------------------------------------------------


def saved(page: Page, button: str) -> tuple[str, str]:
    """What the button downloads: its name and what a scanner reads in it."""
    with page.expect_download() as download:
        press(page, button)
    return download.value.suggested_filename, read(Path(download.value.path()).read_bytes())


def shoot(page: Page, name: str) -> None:
    page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished))")
    assert serious_faults(page) == []
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")


def test_the_dialog_and_the_phone_that_scans(line: Line, playwright: Playwright) -> None:
    office = Office(Stage(line.app))
    name, plain_link = "初中、小学、幼儿园教师资格认定", f"{line.base}/m/items/{office.item_id}"
    with office.context():
        staff_accounts.add("guanli", "Demo-2026!", "管理员", "0001", ["admin"])
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
    page = browser.new_page(base_url=line.base, locale="zh-CN", viewport={"width": 1440, "height": 900})
    line.sandbox.breaks(CODE, errcode=41030)
    page.goto("/console/admin")
    fill(page, "username", "guanli")
    fill(page, "password", "Demo-2026!")
    press(page, "sign-in")
    press(page, "item-codes")
    mini = see(page, "code-mini", "小程序还没有发布")
    assert saved(page, "save-plain") == (f"{name}-二维码.png", plain_link)
    shoot(page, "item-codes-refused")
    press(mini, "retry")
    see(page, "save-mini")
    expect(page.get_by_alt_text(f"{name} 的小程序码")).to_be_visible()
    shoot(page, "item-codes")
    assert saved(page, "save-mini")[0] == f"{name}-小程序码.png"
    page.set_viewport_size({"width": 375, "height": 740})
    page.goto(plain_link)
    see(page, "book", "我要预约")
    expect(page.get_by_role("dialog")).to_contain_text(name)
    shoot(page, "item-scanned")
    browser.close()
