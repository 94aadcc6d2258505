"""Part three: the same applicant in the native mini-program, its real pages tapped in WeChat's own framework.

Guide rows S34–S46, and of the PC's rows those that a phone needs too: S22–S24, S26, S28, S29, S31–S33. Each is reported
as M + its number. The agent sits at the console; the call is the web page in the mini-program's web-view.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.browser import Theatre
from tests.journeys.guide import Report
from tests.journeys.hands import at, fill, photo, press, see, video_runs, write_name
from tests.journeys.people import ITEM, Agent, both_see_each_other, eventually
from tests.miniprogram.person import SHENZHEN, Person
from tests.miniprogram.phone import Phone

PERSONA = "ouyangruoxi"


class Hand:
    """The applicant's hand on the phone."""

    def __init__(self, phone: Phone, report: Report) -> None:
        self.phone, self.page, self.person, self.report = phone, phone.page, phone.person, report

    def shoot(self, name: str) -> None:
        self.report.shoot(name, {"mini": self.page})

    def say(self, text: str) -> None:
        fill(self.page, "chat-input", text)
        press(self.page, "send")
        self.sees_line(text)

    def sees_line(self, text: str) -> None:
        expect(at(self.page, "chat-text").filter(has_text=text).first).to_be_visible()

    def room(self) -> None:
        self.phone.at("room/room")


def play(stage: Theatre, report: Report, folder: Path) -> None:
    """Every step in the order of the guide; each stands on the one before."""
    phone = Phone(stage.browser, stage.url, Person(stage.wechat, PERSONA), watch=stage.watch)
    hand, agent = Hand(phone, report), Agent(stage.pc())
    try:
        _arrive(hand)
        _book(hand)
        agent.sign_in("kefu03")
        _queue(hand)
        _meet(hand, agent, folder)
        _call(hand, agent)
        _sign(hand, agent)
        _materials(hand, agent, folder)
        _pickup(hand, agent)
        _pause_and_return(hand, agent)
        _lose_and_find(hand)
        _rate(hand, agent)
    finally:
        report.looks += [f"mini-program: {fault}" for fault in phone.faults()]
        stage.faults += phone.log


def _arrive(me: Hand) -> None:
    with me.report.step("mini-S34", show={"mini": me.page}):
        me.phone.open()
        expect(me.page.get_by_text("信用+视频办专区")).to_be_visible()
        see(me.page, "figures", "335")
    with me.report.step("mini-S35", show={"mini": me.page}):
        see(me.page, "book-entry", "视频办预约")
        press(me.page, "book-entry")
        me.phone.at("items/items")


def _book(me: Hand) -> None:
    page = me.page
    with me.report.step("mini-S36", show={"mini": page}):
        at(page, "category").filter(has_text="教育").first.click()
        fill(page, "search", "jszg")
        item = at(page, "item").filter(has_text=ITEM).first
        expect(item).to_be_visible()
        me.shoot("mini-S36-found")
        press(item, "video")
        me.phone.at("item/item")
        see(page, "materials", "申请人身份证")
        me.shoot("mini-S36-item")
        press(page, "book")
        press(page, "policy-agree")  # the first thing that needs personal data asks for consent
        me.phone.at("slots/slots")
    with me.report.step("mini-S39", show={"mini": page}):
        _slot(me, day=2)
        press(page, "my-bookings")
        me.phone.at("bookings/bookings")
        booking = at(page, "booking").first
        expect(at(booking, "enter-queue")).to_have_attribute("aria-disabled", "true")  # not its time yet
        press(booking, "cancel")
        me.shoot("mini-S39-asked")
        press(page, "wx-modal-confirm")
        expect(page.locator('[data-test="booking"][data-state="cancelled"]').first).to_be_visible()
    with me.report.step("mini-S37", show={"mini": page}):
        press(page, "tab-pages/home/home")
        press(page, "book-entry")
        fill(page, "search", "教师资格")
        press(at(page, "item").filter(has_text=ITEM).first, "video")
        press(page, "book")
        me.phone.at("slots/slots")
        me.shoot("mini-S37-slots")
        _slot(me, day=0)
        me.shoot("mini-S37-booked")
        me.phone.kill()
        press(page, "records")
        expect(page.locator('[data-test="booking"][data-state="booked"]').first).to_contain_text(ITEM)


def _slot(me: Hand, day: int) -> None:
    at(me.page, "day").nth(day).click()
    me.page.locator('[data-test="slot"][data-state="open"]:visible').first.click()
    see(me.page, "held-slot")
    press(me.page, "confirm-booking")
    me.phone.at("done/done")
    see(me.page, "booked-slot")


def _queue(me: Hand) -> None:
    page = me.page
    with me.report.step("mini-S38"):
        booking = page.locator('[data-test="booking"][data-state="booked"]').first
        expect(at(booking, "enter-queue")).to_have_text("我要排队")
        press(booking, "enter-queue")
        me.phone.at("gate/gate")
    with me.report.step("mini-S40", show={"mini": page}):
        for words in ("申报材料清单", "用户授权确认", "远程导办温馨提示"):
            expect(page.get_by_text(words).first).to_be_attached()
        expect(at(page, "authorise")).to_have_attribute("aria-disabled", "true")
        me.shoot("mini-S40-gate")
        press(page, "materials-ready")
        press(page, "agree")
        press(page, "authorise")
        me.phone.at("wait/wait")
        see(page, "ahead")
    with me.report.step("mini-S29", show={"mini": page}):
        me.person.permissions |= {"scope.camera": False, "scope.record": True}
        press(page, "check-start")
        press(page, "check-devices")
        me.shoot("mini-S29-refused")
        press(page, "wx-modal-confirm")  # a refusal leads to the settings
        see(page, "device-camera", "正常")
        see(page, "device-microphone", "正常")
        see(page, "device-network", "正常")
        me.shoot("mini-S29-checked")
        press(page, "device-done")
        me.phone.at("wait/wait")


def _meet(me: Hand, agent: Agent, folder: Path) -> None:
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
        press(page, "privacy-agree")  # the first private API asks once
        expect(at(desk, "chat-message").locator("img").first).to_be_visible()
        expect(at(page, "chat-image").locator("img").first).to_be_visible()
        if not at(page, "menu-call").count():
            press(page, "plus")
        press(page, "menu-call")
        me.phone.at("call/call")
        both_see_each_other(desk, _web(me))


def _web(me: Hand) -> Page:
    """The page of the web that covers the mini-program."""
    web = me.phone.web()
    if web is None:
        with me.phone.context.expect_page() as opened:
            if at(me.page, "enter-call").count():
                press(me.page, "enter-call")
        web = opened.value
    return web


def _call(me: Hand, agent: Agent) -> None:
    page, desk, web = me.page, agent.page, _web(me)
    with me.report.step("mini-S42", show={"web": web, "agent": desk}):
        press(web, "tool-camera")
        expect(at(web, "tool-camera")).to_have_attribute("aria-pressed", "false")
        expect(at(desk, "remote-video").locator("video").first).to_be_hidden()
        press(web, "tool-camera")
        video_runs(desk, '[data-test="remote-video"] video')
        press(web, "tool-microphone")
        expect(at(web, "tool-microphone")).to_have_attribute("aria-pressed", "false")
        press(web, "tool-microphone")
    with me.report.step("mini-S43", show={"mini": page}):
        press(web, "minimise")
        me.room()
        me.say("我在看聊天")
        agent.sees_line("我在看聊天")


def _sign(me: Hand, agent: Agent) -> None:
    page, desk = me.page, agent.page
    with me.report.step("mini-S22", show={"mini": page}):
        press(desk, "push-commitment")
        press(page, "open-commitment")
        me.phone.at("commitment/commitment")
        see(page, "commitment-body", "承诺")
    with me.report.step("mini-S23", show={"mini": page}):
        expect(at(page, "sign")).to_have_attribute("aria-disabled", "true")
        at(page, "commitment-body").evaluate("e => { e.scrollTop = e.scrollHeight }")
        expect(at(page, "sign")).to_have_attribute("aria-disabled", "false", timeout=40_000)
        press(page, "sign")
        me.phone.at("sign/sign")
    with me.report.step("mini-S24", show={"mini": page, "agent": desk}):
        canvas = at(page, "sign-canvas").locator("canvas")
        write_name(page, canvas)
        me.phone.background(long=True)  # strokes outlive a look at something else
        me.phone.foreground()
        me.shoot("mini-S24-written")
        press(page, "sign-confirm")
        see(desk, "commitment-state", "已签名")
        see(page, "signed")
        press(page, "back-to-room")
        me.room()


def _materials(me: Hand, agent: Agent, folder: Path) -> None:
    page = me.page
    with me.report.step("mini-S26", show={"mini": page, "agent": agent.page}):
        agent.push_materials(2)
        press(page, "open-upload")
        me.phone.at("materials/materials")
        for index, name in enumerate(("身份证", "户口簿")):
            me.person.files.append([photo(name, folder)])
            row = at(page, "material").nth(index)
            press(row, "upload-camera" if index else "upload")
            see(row, "material-state", "已上传")
    with me.report.step("mini-S28", show={"mini": page}):
        agent.verify_all(2)
        row = at(page, "material").first
        see(row, "material-state", "已核验")
        at(row, "download-copy").click(timeout=60_000)
        # the watermarked copy is on the phone
        eventually(lambda: bool(me.person.saved("album") + me.person.saved("document")), page)
        press(page, "back-to-room")
        me.room()


def _pickup(me: Hand, agent: Agent) -> None:
    page = me.page
    with me.report.step("mini-S31", "mini-S32", show={"mini": page}):
        press(agent.page, "push-pickup")
        press(page, "open-pickup")
        me.phone.at("pickup/pickup")
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


def _pause_and_return(me: Hand, agent: Agent) -> None:
    page, desk = me.page, agent.page
    with me.report.step("mini-S44", show={"mini": page, "agent": desk}):
        press(page, "plus")
        press(page, "suspend")
        me.shoot("mini-S44-asked")
        press(page, "confirm-suspend")
        see(page, "reconnect")
        expect(at(desk, "suspended-row").first).to_be_visible()
    with me.report.step("mini-S45", show={"mini": page}):
        me.phone.kill()
        press(page, "records")
        press(page, "reconnect")
        me.phone.at("wait/wait")
        agent.accept()
        press(page, "answer")
        me.room()
        me.sees_line("老师好")  # the talk is still there


def _lose_and_find(me: Hand) -> None:
    with me.report.step("mini-S46", show={"mini": me.page}):
        me.phone.kill()
        see(me.page, "open-business", "未完成业务重新连接")
        me.shoot("mini-S46-home")
        press(me.page, "reconnect")
        me.room()
        me.sees_line("我在看聊天")


def _rate(me: Hand, agent: Agent) -> None:
    page, desk = me.page, agent.page
    with me.report.step("mini-S33", show={"mini": page, "agent": desk}):
        agent.complete("needs_material")
        see(page, "outcome")
        press(page, "open-rating")
        me.phone.at("rating/rating")
        press(page, "rate-4")
        me.shoot("mini-S33-rating")
        press(page, "submit-rating")
        see(desk, "rating", "满意")
        agent.next_one()
