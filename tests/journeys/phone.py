"""Part two: an applicant with a phone alone, coming through WeChat. Guide rows S34–S46."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.browser import Theatre
from tests.journeys.guide import Report
from tests.journeys.hands import at, chooser, photo, press, see, write_name
from tests.journeys.look import look
from tests.journeys.people import ITEM, Agent, Applicant, both_see_each_other, switches_work


def play(stage: Theatre, report: Report, folder: Path) -> None:
    """Every step in the order of the guide; each stands on the one before."""
    phone, desk = stage.phone(), stage.pc()
    agent, wang = Agent(desk), Applicant(phone)
    _arrive(report, phone)
    _book(report, phone)
    agent.sign_in("kefu02")
    _queue(report, phone)
    _meet(report, agent, wang, folder)
    _pause_and_return(report, agent, wang)
    _lose_and_find(stage, report, agent, wang)
    _finish(report, agent, wang, folder)


def _arrive(report: Report, phone: Page) -> None:
    with report.step("S34", show={"phone": phone}):
        phone.goto("/m/")
        expect(phone.get_by_text("信用+视频办").first).to_be_visible()
        look(report, phone)
        press(phone, "tab-/me")
        see(phone, "login-wechat")
        look(report, phone)
        press(phone, "agree-privacy")
        press(phone, "login-wechat")
        phone.get_by_text("王小明").first.click()
        phone.wait_for_url("**/m/**")
        phone.goto("/m/")
    with report.step("S35", show={"phone": phone}):
        see(phone, "book-entry", "视频办预约")
        press(phone, "book-entry")
        phone.wait_for_url("**/m/items*")


def _book(report: Report, phone: Page) -> None:
    with report.step("S36", show={"phone": phone}):
        at(phone, "category").filter(has_text="教育").first.click()
        phone.locator('[data-test="search"]').fill("jszg")
        item = at(phone, "item").filter(has_text=ITEM).first
        expect(item).to_be_visible()
        look(report, phone)
        at(item, "video").click()
        report.shoot("S36-choice", {"phone": phone})
        press(phone, "book")
        phone.wait_for_url("**/book*")
    with report.step("S39", show={"phone": phone}):
        _book_slot(phone, day=2)
        phone.goto("/m/bookings")
        booking = at(phone, "booking").first
        expect(at(booking, "enter-queue")).to_be_disabled()  # not its time yet
        look(report, phone)
        press(booking, "cancel")
        press(phone, "ask-yes")
        expect(at(phone, "booking").first).to_have_attribute("data-state", "cancelled")
    with report.step("S37", show={"phone": phone}):
        phone.goto("/m/items?q=教师资格")
        at(at(phone, "item").filter(has_text=ITEM).first, "video").click()
        press(phone, "book")
        phone.wait_for_url("**/book*")
        look(report, phone)
        _book_slot(phone, day=0)
        report.shoot("S37-booked", {"phone": phone})
        phone.goto("/m/")
        press(phone, "records")
        expect(phone.locator('[data-test="booking"][data-state="booked"]').first).to_contain_text(ITEM)


def _book_slot(phone: Page, day: int) -> None:
    chosen = at(phone, "day").nth(day)
    chosen.click()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    phone.locator('[data-test="slot"][data-state="open"]').first.click()
    see(phone, "held-slot")
    press(phone, "confirm-booking")
    phone.wait_for_url("**/booked/*")
    see(phone, "booked-slot")


def _queue(report: Report, phone: Page) -> None:
    with report.step("S38"):
        booking = phone.locator('[data-test="booking"][data-state="booked"]').first
        expect(at(booking, "enter-queue")).to_have_text("我要排队")
        press(booking, "enter-queue")
        phone.wait_for_url("**/gate/*")
    with report.step("S40", show={"phone": phone}):
        for words in ("申报材料清单", "用户授权确认", "远程导办温馨提示"):
            expect(phone.get_by_text(words).first).to_be_visible()
        expect(at(phone, "authorise")).to_be_disabled()
        press(phone, "materials-ready")
        press(phone, "agree")
        look(report, phone)
        press(phone, "authorise")
        phone.wait_for_url("**/session/*")
        see(phone, "ahead")
        report.shoot("S40-waiting", {"phone": phone})
        look(report, phone)


def _meet(report: Report, agent: Agent, wang: Applicant, folder: Path) -> None:
    phone, desk = wang.page, agent.page
    with report.step("S41", show={"phone": phone, "agent": desk}):
        agent.accept()
        see(phone, "answer")
        report.shoot("S41-ring", {"phone": phone})
        press(phone, "answer")
        see(phone, "chat-input")
        assert not at(phone, "remote-video").count()  # on a phone the call does not start by itself
        wang.say("老师好")
        agent.sees_line("老师好")
        look(report, phone)
        press(phone, "plus")
        report.shoot("S41-plus", {"phone": phone})
        chooser(phone, "send-image").set_input_files(photo("居住证", folder))
        expect(at(desk, "chat-message").locator("img").first).to_be_visible()
        if not at(phone, "menu-call").count():
            press(phone, "plus")
        press(phone, "menu-call")
        both_see_each_other(desk, phone)
    with report.step("S42", show={"phone": phone, "agent": desk}):
        switches_work(desk, phone)
    with report.step("S43", show={"phone": phone}):
        press(phone, "minimise")
        see(phone, "small-video")
        see(phone, "chat-input")
        wang.say("我在看聊天")
        agent.sees_line("我在看聊天")


def _pause_and_return(report: Report, agent: Agent, wang: Applicant) -> None:
    phone, desk = wang.page, agent.page
    with report.step("S44", show={"phone": phone, "agent": desk}):
        press(phone, "plus")
        press(phone, "suspend")
        report.shoot("S44-sheet", {"phone": phone})
        press(phone, "confirm-suspend")
        see(phone, "reconnect")
        expect(at(desk, "suspended-row").first).to_be_visible()
    with report.step("S45", show={"phone": phone, "agent": desk}):
        phone.goto("/m/")
        press(phone, "records")
        press(phone, "reconnect")
        phone.wait_for_url("**/session/*")
        agent.accept()
        press(phone, "answer")
        wang.sees_line("老师好")  # the talk is still there


def _lose_and_find(stage: Theatre, report: Report, agent: Agent, wang: Applicant) -> None:
    old = wang.page
    wang.page = stage.watch(old.context.new_page(), "phone")
    with report.step("S46", show={"phone": wang.page, "agent": agent.page}):
        old.close()
        wang.page.goto("/m/")
        see(wang.page, "open-business", "未完成业务重新连接")
        report.shoot("S46-home", {"phone": wang.page})
        press(wang.page, "reconnect")
        wang.sees_line("我在看聊天")


def _finish(report: Report, agent: Agent, wang: Applicant, folder: Path) -> None:
    """What the guide tells for the PC only, on the phone too: signing in place, materials, rating (S22–S28, S33)."""
    phone, desk = wang.page, agent.page
    with report.step("S24", show={"phone": phone, "agent": desk}):
        press(desk, "push-commitment")
        paper = see(phone, "commitment-body", "承诺")
        paper.evaluate("e => e.scrollTo(0, e.scrollHeight)")
        expect(at(phone, "sign")).to_be_enabled(timeout=40_000)
        report.shoot("S24-read", {"phone": phone})
        press(phone, "sign")
        canvas = phone.locator("canvas:visible").first
        canvas.wait_for()
        write_name(phone, canvas)
        report.shoot("S24-write", {"phone": phone})
        press(phone, "sign-confirm")
        see(desk, "commitment-state", "已签名")
    with report.step("S26", "S28", show={"phone": phone, "agent": desk}):
        agent.push_materials(1)
        press(phone, "open-upload")
        at(phone, "material").first.wait_for()
        wang.upload_all([photo("身份证", folder)])
        report.shoot("S26-uploaded", {"phone": phone})
        agent.verify_all(1)
        see(at(phone, "material").first, "material-state", "已核验")
        see(at(phone, "material").first, "download-copy", seconds=60)
        look(report, phone)
    with report.step("S33", show={"phone": phone, "agent": desk}):
        agent.complete("needs_material")
        see(phone, "outcome")
        if not at(phone, "rate-4").count():
            press(phone, "rate")
        press(phone, "rate-4")
        press(phone, "submit-rating")
        see(desk, "rating", "满意")
        agent.next_one()
