"""Part three: the same applicant in the native mini-program, its real pages tapped in WeChat's own framework.

Guide rows S34–S46, and of the PC's rows those that a phone needs too: S22–S24, S26, S28, S29, S31–S33; here the way
there and back, in miniprogram_room.py the session. Beside the guide what a phone does besides (miniprogram_more.py)
and every refusal (miniprogram_refused.py). Each is reported as M + its number. The agent sits at the console; the
call is the web page in the mini-program's web-view.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.journeys import miniprogram_more as more
from tests.journeys import miniprogram_refused as refused
from tests.journeys import miniprogram_room as room
from tests.journeys.browser import Theatre
from tests.journeys.guide import Report
from tests.journeys.hands import at, fill, press, see
from tests.journeys.miniprogram_hand import Hand
from tests.journeys.people import ITEM, Agent
from tests.miniprogram.person import Person
from tests.miniprogram.phone import Phone

PERSONA = "ouyangruoxi"


def play(stage: Theatre, report: Report, folder: Path) -> None:
    """Every step in the order of the guide; each stands on the one before."""
    phone = Phone(stage.browser, stage.url, Person(stage.wechat, PERSONA), watch=stage.watch)
    hand, agent = Hand(phone, report), Agent(stage.pc())
    try:
        _arrive(hand)
        _book(hand)
        agent.sign_in("kefu03")
        _queue(hand)
        room.meet(hand, agent, folder)
        room.call(hand, agent)
        room.sign(hand, agent)
        room.materials(hand, agent, folder)
        room.pickup(hand, agent)
        _pause_and_return(hand, agent)
        _lose_and_find(hand)
        _rate(hand, agent)
        more.account(hand)
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
    first = me.takes_slot(day=2)
    refused.privacy_guide(me)
    refused.reminders(me)
    more.change_booking(me, first, day=2)
    with me.report.step("mini-S39", show={"mini": page}):
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
        me.takes_slot(day=0)
        me.shoot("mini-S37-booked")
        me.phone.kill()
        press(page, "records")
        expect(page.locator('[data-test="booking"][data-state="booked"]').first).to_contain_text(ITEM)


def _queue(me: Hand) -> None:
    page = me.page
    crowd = more.crowd(me)
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
        see(page, "ahead", str(len(crowd)))
    more.call_me(me, crowd)
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
        refused.microphone(me)
        press(page, "device-done")
        me.phone.at("wait/wait")


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
