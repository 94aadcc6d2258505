"""The session in the mini-program: chat, call, signature, materials, pick-up (rows S22–S28, S31, S32, S41–S43)."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.journeys import miniprogram_refused as refused
from tests.journeys.hands import at, photo, press, see, write_name
from tests.journeys.miniprogram_hand import Hand
from tests.journeys.people import Agent, both_see_each_other, eventually, switches_work
from tests.miniprogram.person import SHENZHEN

UPRIGHT, TURNED = {"width": 375, "height": 812}, {"width": 812, "height": 375}
INK = """canvas => { const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    let n = 0; for (let i = 3; i < data.length; i += 4) n += data[i] > 128; return n; }"""
KEPT = """() => { const name = Object.keys(localStorage).find((key) => key.startsWith('mp:shipinban.sign.'));
    return name ? JSON.parse(localStorage[name]).value.groups.length : 0; }"""


def meet(me: Hand, agent: Agent, folder: Path) -> None:
    page, desk = me.page, agent.page
    with me.report.step("mini-S41", show={"mini": page, "agent": desk}):
        agent.accept()
        see(page, "answer")
        me.shoot("mini-S41-ring")
        press(page, "answer")
        me.room()
        see(page, "chat-input")
        me.say("老师好")
        agent.sees_line("老师好")
        agent.say("您好，请发一下居住证")
        me.sees_line("请发一下居住证")
        press(page, "plus")
        me.shoot("mini-S41-plus")
        me.person.files.append([photo("居住证", folder)])
        press(page, "send-image")
        expect(at(desk, "chat-message").locator("img").first).to_be_visible()
        expect(at(page, "chat-image").locator("img").first).to_be_visible()
        refused.call(me)
        both_see_each_other(desk, me.web())


def call(me: Hand, agent: Agent) -> None:
    page, desk, web = me.page, agent.page, me.web()
    with me.report.step("mini-S42", show={"web": web, "agent": desk}):
        switches_work(desk, web)
    with me.report.step("mini-S43", show={"mini": page}):
        press(web, "minimise")
        me.room()
        me.say("我在看聊天")
        agent.sees_line("我在看聊天")


def sign(me: Hand, agent: Agent) -> None:
    page, desk = me.page, agent.page
    with me.report.step("mini-S22", show={"mini": page}):
        press(desk, "push-commitment")
        press(page, "open-commitment")
        me.phone.at("commitment/commitment")
        see(page, "commitment-body", "承诺")
    with me.report.step("mini-S23", show={"mini": page}):
        expect(at(page, "sign")).to_have_attribute("aria-disabled", "true")
        _reads_to_the_end(me)
        press(page, "sign")
        me.phone.at("sign/sign")
    _write_through_everything(me)
    with me.report.step("mini-S24", show={"mini": page, "agent": desk}):
        press(page, "sign-confirm")
        see(desk, "commitment-state", "已签名")
        see(page, "signed")
        press(page, "back-to-room")
        me.room()


def _reads_to_the_end(me: Hand) -> None:
    at(me.page, "commitment-body").evaluate("e => { e.scrollTop = e.scrollHeight }")
    expect(at(me.page, "sign")).to_have_attribute("aria-disabled", "false", timeout=40_000)


def _write_through_everything(me: Hand) -> None:
    """M41: the phone is turned, put away and ended with the finger down; the strokes are there again each time."""
    page = me.page
    with me.report.step("mini-M41", show={"mini": page}):
        canvas = at(page, "sign-canvas").locator("canvas")
        write_name(page, canvas)
        _stroke_without_an_end(me)
        page.set_viewport_size(TURNED)
        page.mouse.up()
        _strokes_are_there(me, 5)
        me.shoot("mini-M41-turned")
        _stroke_without_an_end(me)
        page.mouse.up()
        page.set_viewport_size(UPRIGHT)
        _strokes_are_there(me, 6)
        me.phone.background(long=True)
        me.phone.foreground()
        _strokes_are_there(me, 6)
        _stroke_without_an_end(me)
        me.phone.background(long=True)
        page.mouse.up()
        me.phone.kill()
        see(page, "open-business", "未完成业务重新连接")
        press(page, "reconnect")
        me.room()
        press(page, "open-commitment")
        _reads_to_the_end(me)
        press(page, "sign")
        me.phone.at("sign/sign")
        see(page, "message", "已恢复您刚才的笔迹")
        _strokes_are_there(me, 7)


def _stroke_without_an_end(me: Hand) -> None:
    box = at(me.page, "sign-canvas").locator("canvas").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    me.page.mouse.move(x, y)
    me.page.mouse.down()
    me.page.mouse.move(x + 30, y + 20, steps=6)


def _strokes_are_there(me: Hand, count: int) -> None:
    """On the phone, and on the pad under the finger."""
    eventually(lambda: me.page.evaluate(KEPT) == count, me.page)
    canvas = at(me.page, "sign-canvas").locator("canvas")
    eventually(lambda: canvas.evaluate(INK) > 500, me.page)


def materials(me: Hand, agent: Agent, folder: Path) -> None:
    page = me.page
    with me.report.step("mini-S26", show={"mini": page, "agent": agent.page}):
        agent.push_materials(2)
        press(page, "open-upload")
        me.phone.at("materials/materials")
        refused.pictures(me)
        for index, name in enumerate(("身份证", "户口簿")):
            me.person.files.append([photo(name, folder)])
            row = at(page, "material").nth(index)
            press(row, "upload-camera" if index else "upload")
            see(row, "material-state", "已上传")
    with me.report.step("mini-S28", show={"mini": page}):
        agent.verify_all(2)
        row = at(page, "material").first
        see(row, "material-state", "已核验")
        at(row, "download-copy").wait_for(timeout=60_000)
        refused.album(me, row)
        press(row, "download-copy")
        # the watermarked copy is on the phone
        eventually(lambda: bool(me.person.saved("album")), page)
        press(page, "back-to-room")
        me.room()


def pickup(me: Hand, agent: Agent) -> None:
    page = me.page
    with me.report.step("mini-S31", "mini-S32", show={"mini": page}):
        press(agent.page, "push-pickup")
        press(page, "open-pickup")
        me.phone.at("pickup/pickup")
        refused.address(me)
        me.person.address = {**SHENZHEN, "cityName": "广州市", "countyName": "天河区"}
        press(page, "wechat-address")
        see(page, "pickup-fault", "深圳")  # the courier comes in Shenzhen only
        me.person.address = dict(SHENZHEN)
        press(page, "wechat-address")
        expect(at(page, "pickup-district")).to_contain_text("福田区")
        press(page, "pickup-window")
        me.shoot("mini-S31-form")
        press(page, "submit-pickup")
        see(page, "pickup-given", "福民路")
        press(page, "back-to-room")
        me.room()
