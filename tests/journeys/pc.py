"""Part one: an applicant at a PC with a phone beside it, an agent at the console. Guide rows S1–S33."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.browser import Theatre
from tests.journeys.guide import Report
from tests.journeys.hands import (
    at,
    chooser,
    fill,
    paper,
    photo,
    press,
    see,
    video_runs,
    write_name,
)
from tests.journeys.look import look
from tests.journeys.people import ITEM, Agent, Applicant, both_see_each_other


def play(stage: Theatre, report: Report, folder: Path) -> None:
    """Every step in the order of the guide; each stands on the one before."""
    pc, desk, phone = stage.pc(), stage.pc(), stage.phone()
    agent = Agent(desk)
    zhang = Applicant(pc)
    _arrive(report, pc, zhang)
    _find_and_book(stage, report, pc)
    agent.sign_in("kefu01")
    _queue(stage, report, pc)
    _meet(report, agent, zhang, folder)
    _sign(report, agent, zhang, phone)
    _materials(report, agent, zhang, folder)
    _hand_over(report, agent, zhang, phone)
    _mail(report, agent, zhang)
    _end(report, agent, zhang)


def _arrive(report: Report, pc: Page, zhang: Applicant) -> None:
    with report.step("S2", show={"pc": pc}):
        pc.goto("/?region=440304")
        expect(pc.get_by_text("福田区").first).to_be_visible()
    with report.step("S4", show={"pc": pc}):
        for words in ("信用+视频办专区", "没时间跑？连线办理", "您有疑惑，我来解答", "您不会办，我来指导"):
            expect(pc.get_by_text(words).first).to_be_visible()
        look(report, pc)
    with report.step("S5"):
        figures = see(pc, "figures")
        for words in ("进驻客服", "涉及服务", "服务时长", "服务好评", "335"):
            expect(figures).to_contain_text(words)
    with report.step("S3", show={"pc": pc}):
        press(pc, "login")
        see(pc, "login-wechat")
        look(report, pc)
        zhang.sign_in_by_phone("19900001001", "张三")
        see(pc, "account")
    with report.step("S6"):
        pc.goto("/")
        press(pc, "enter")
        pc.wait_for_url("**/items*")


def _find_and_book(stage: Theatre, report: Report, pc: Page) -> None:
    with report.step("S7"):
        at(pc, "region").filter(has_text="区本级").click()
    with report.step("S8", show={"pc": pc}):
        fill(pc, "search", "教师资格")
        item = at(pc, "item").filter(has_text=ITEM).first
        expect(item).to_be_visible()
        expect(item.locator("mark").first).to_be_visible()
        look(report, pc)
    with report.step("S9"):
        link = at(item, "video")
        expect(link).to_have_text("视频办")
        link.click()
    with report.step("S10", show={"pc": pc}):
        expect(pc.get_by_text("选择服务")).to_be_visible()
        see(pc, "book", "我要预约")
        expect(at(pc, "enter-queue")).to_be_disabled()
        press(pc, "book")
        pc.wait_for_url("**/book*")
    with report.step("S1"):
        expect(pc.get_by_text("中国教师资格网").first).to_be_visible()
    with report.step("S11", show={"pc": pc}):
        press(pc, "day")
        slot = pc.locator('[data-test="slot"][data-state="open"]').first
        expect(slot).to_be_visible()
        look(report, pc)
    with report.step("S12", "S13", show={"pc": pc}):
        _live_places(stage, pc)
        see(pc, "held-slot")
        press(pc, "confirm-booking")
        pc.wait_for_url("**/booked/*")
        see(pc, "booked-slot")
        look(report, pc)
        _same_slot_refused(pc)


def _live_places(stage: Theatre, pc: Page) -> None:
    """A second person's open page shows one place less as soon as the first holds it."""
    other = stage.pc()
    Applicant(other).sign_in_by_phone("19900001002", "李四")
    other.goto(pc.url)
    press(other, "day")
    slot_id = pc.locator('[data-test="slot"][data-state="open"]').first.get_attribute("data-slot")
    theirs = other.locator(f'[data-slot="{slot_id}"]')
    before = int("".join(c for c in theirs.locator(".left").inner_text() if c.isdigit()))
    pc.locator(f'[data-slot="{slot_id}"]').click()
    expect(theirs.locator(".left")).to_contain_text(str(before - 1), timeout=10_000)
    other.context.close()


def _same_slot_refused(pc: Page) -> None:
    """S13: the booked slot can't be taken again; the page says it is one's own."""
    booked = pc.url
    pc.goto("/items?q=教师资格")
    at(at(pc, "item").filter(has_text=ITEM).first, "video").click()
    press(pc, "book")
    press(pc, "day")
    expect(pc.locator('[data-test="slot"][data-state="mine"]').first).to_be_disabled()
    pc.goto(booked)


def _queue(stage: Theatre, report: Report, pc: Page) -> None:
    with report.step("S14"):
        pc.goto("/items?q=教师资格")
        at(at(pc, "item").filter(has_text=ITEM).first, "video").click()
        expect(at(pc, "enter-queue")).to_be_enabled()
        press(pc, "enter-queue")
    with report.step("S15", show={"pc": pc}):
        see(pc, "agents-online", "1")
        see(pc, "queue-ahead", "0")
    with report.step("S16", show={"pc": pc}):
        expect(pc.get_by_text("用户授权确认").first).to_be_visible()
        expect(pc.get_by_text("申报材料清单").first).to_be_visible()
        expect(at(pc, "authorise")).to_be_disabled()
        for box in (*at(pc, "agree").all(), *at(pc, "materials-ready").all()):
            box.click()
        look(report, pc)
        press(pc, "authorise")
        pc.wait_for_url("**/session/*")
    with report.step("S17", show={"pc": pc}):
        see(pc, "ahead")
        see(pc, "agents-online", "1")
        pc.reload()  # the place survives a reload
        see(pc, "ahead")
        look(report, pc)
    with report.step("S29", show={"pc": pc}):
        press(pc, "check-devices")
        expect(at(pc, "device-check").get_by_text("正常").first).to_be_visible()
        bare = stage.pc(permissions=False, storage_state=pc.context.storage_state())
        bare.goto(pc.url)
        press(bare, "check-devices")
        press(bare, "device-phone")
        see(bare, "qr-state")
        report.shoot("S29-no-camera", {"pc": bare})
        bare.context.close()
        pc.reload()


def _meet(report: Report, agent: Agent, zhang: Applicant, folder: Path) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S18", show={"pc": pc, "agent": desk}):
        agent.accept()
        see(pc, "answer")
        report.shoot("S18-ring", {"pc": pc, "agent": desk})
        press(pc, "answer")
        see(pc, "grant-screen")
        both_see_each_other(desk, pc)
    with report.step("S21", show={"pc": pc, "agent": desk}):
        press(pc, "grant-screen")
        see(pc, "safety-bar")
        see(desk, "screen-video", "整个屏幕")
        video_runs(desk, '[data-test="screen-video"] video')
    with report.step("S19", show={"pc": pc, "agent": desk}):
        zhang.say("老师您好，我来办教师资格认定")
        agent.sees_line("老师您好，我来办教师资格认定")
        agent.say("您好，请先阅读承诺书")
        zhang.sees_line("您好，请先阅读承诺书")
        picture = photo("学历证书", folder)
        chooser(pc, "send-image").set_input_files(picture)
        expect(at(desk, "chat-message").locator("img").first).to_be_visible()
        chooser(pc, "send-file").set_input_files(paper("补充说明", folder))
        agent.sees_line("补充说明.pdf")
        look(report, desk)
    with report.step("S20", show={"pc": pc, "agent": desk}):
        press(pc, "tool-camera")
        expect(at(desk, "remote-video").locator("video")).to_have_class("hide")
        press(pc, "tool-camera")
        both_see_each_other(desk, pc)
        press(pc, "tool-microphone")
        expect(at(pc, "tool-microphone")).to_have_attribute("aria-pressed", "false")
        press(pc, "tool-microphone")
        press(pc, "tool-control")
        see(pc, "stop-control")
        press(pc, "stop-control")
        expect(at(pc, "stop-control")).to_have_count(0)
        press(pc, "stop-screen")
        expect(at(desk, "screen-video")).to_have_count(0)


def _sign(report: Report, agent: Agent, zhang: Applicant, phone: Page) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S22", show={"pc": pc, "agent": desk}):
        press(desk, "push-commitment")
        see(pc, "commitment-body", "承诺")
    with report.step("S23"):
        expect(at(pc, "sign")).to_be_disabled()
        see(pc, "commitment-body").evaluate("e => e.scrollTo(0, e.scrollHeight)")
        expect(at(pc, "sign")).to_be_enabled(timeout=40_000)
        press(pc, "sign")
    with report.step("S24", show={"pc": pc, "phone": phone, "agent": desk}):
        see(pc, "qr-state")
        report.shoot("S24-qr", {"pc": pc})
        url = pc.locator('[data-test="sign-url"]').get_attribute("href")
        phone.goto(url)
        canvas = phone.locator("canvas").first
        expect(canvas).to_be_visible()
        expect(pc.locator('[data-test="qr-state"]')).to_have_attribute("data-state", "scanned")
        write_name(phone, canvas)
        report.shoot("S24-writing", {"phone": phone})
        press(phone, "sign-confirm")
        see(pc, "signed")
        look(report, pc)
        see(desk, "commitment-state", "已签名")
        for page in (pc, desk):
            with page.expect_download() as got:
                press(page, "download-commitment")
            assert Path(got.value.path()).read_bytes().startswith(b"%PDF-")
        pc.keyboard.press("Escape")


def _materials(report: Report, agent: Agent, zhang: Applicant, folder: Path) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S25", show={"pc": pc, "agent": desk}):
        agent.push_materials(2)
        see(pc, "open-upload")
    with report.step("S26", show={"pc": pc, "agent": desk}):
        press(pc, "open-upload")
        at(pc, "material").first.wait_for()
        zhang.upload_all([photo("身份证", folder), photo("学历证书", folder)])
    with report.step("S27", show={"agent": desk}):
        press(desk, "review-material")
        see(desk, "review")
        expect(at(desk, "review").locator("img").first).to_be_visible()
        report.shoot("S27-review", {"agent": desk})
        look(report, desk)
        press(desk, "review-close")
        agent.verify_all(2)
    with report.step("S28", show={"pc": pc}):
        for index in range(2):
            see(at(pc, "material").nth(index), "material-state", "已核验")
            see(at(pc, "material").nth(index), "download-copy", seconds=60)
        with pc.expect_download() as got:
            press(pc, "download-copy")
        assert got.value.path().stat().st_size > 10_000
        pc.keyboard.press("Escape")


def _hand_over(report: Report, agent: Agent, zhang: Applicant, phone: Page) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S30", show={"pc": pc, "phone": phone, "agent": desk}):
        press(pc, "tool-phone")
        url = pc.locator('[data-test="handover-url"]').get_attribute("href")
        phone.goto(url)
        press(phone, "call-here")
        both_see_each_other(desk, phone)


def _mail(report: Report, agent: Agent, zhang: Applicant) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S31", "S32", show={"pc": pc, "agent": desk}):
        pc.keyboard.press("Escape")
        press(desk, "push-pickup")
        expect(pc.get_by_text("目前仅提供深圳地区上门收件服务").first).to_be_visible()
        fill(pc, "pickup-name", "张三")
        fill(pc, "pickup-phone", "19900001001")
        at(pc, "pickup-district").first.select_option("福田区")
        fill(pc, "pickup-address", "广州市天河区体育西路 1 号")
        press(pc, "pickup-window")
        press(pc, "submit-pickup")
        expect(pc.get_by_role("alert").filter(has_text="深圳").first).to_be_visible()  # another city is refused
        fill(pc, "pickup-address", "福民路 123 号 5 栋 602")
        report.shoot("S31-form", {"pc": pc})
        press(pc, "submit-pickup")
        see(desk, "waybill", seconds=60)


def _end(report: Report, agent: Agent, zhang: Applicant) -> None:
    pc, desk = zhang.page, agent.page
    with report.step("S33", show={"pc": pc, "agent": desk}):
        agent.complete()
        see(pc, "outcome")
        if not at(pc, "rate-5").count():
            press(pc, "rate")
        press(pc, "rate-5")
        press(pc, "rating-tag")
        fill(pc, "rating-comment", "不用跑现场，很方便")
        report.shoot("S33-rating", {"pc": pc})
        press(pc, "submit-rating")
        expect(pc.get_by_text("非常满意").first).to_be_visible()
        see(desk, "rating", "非常满意")
        agent.next_one()
