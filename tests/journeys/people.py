"""The agent and the applicant as they work in the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.hands import at, fill, press, see, video_runs

PASSWORD = "Demo-2026!"
ITEM = "初中、小学、幼儿园教师资格认定"


class Agent:
    """客服 at the console."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in(self, username: str) -> Agent:
        self.page.goto("/console/")
        fill(self.page, "username", username)
        fill(self.page, "password", PASSWORD)
        press(self.page, "sign-in")
        see(self.page, "desk")
        press(self.page, "duty-idle")
        return self

    def accept(self) -> None:
        at(self.page, "waiting-row").first.wait_for()
        press(self.page, "accept-next")
        see(self.page, "case")

    def say(self, text: str) -> None:
        fill(self.page, "chat-input", text)
        press(self.page, "send")

    def sees_line(self, text: str) -> None:
        expect(at(self.page, "chat-message").filter(has_text=text).first).to_be_visible()

    def push_materials(self, count: int) -> None:
        """Tick the first `count` of the item's list and push them."""
        if at(self.page, "choose-materials").count():
            press(self.page, "choose-materials")
        requirements = at(self.page, "requirement")
        requirements.first.wait_for()
        for index in range(count):
            box = requirements.nth(index).locator("input[type=checkbox]")
            if not box.is_checked():
                requirements.nth(index).click()
        for index in range(count, requirements.count()):
            if requirements.nth(index).locator("input[type=checkbox]").is_checked():
                requirements.nth(index).click()
        press(self.page, "push-materials")

    def verify_all(self, count: int) -> None:
        press(self.page, "review-material")
        see(self.page, "review")
        for _ in range(count):
            press(self.page, "verify")
            expect(at(self.page, "reopen")).to_be_visible()
            if at(self.page, "review-next").is_enabled():
                press(self.page, "review-next")
        press(self.page, "review-close")

    def complete(self, outcome: str = "accepted") -> None:
        press(self.page, "complete")
        press(self.page, f"outcome-{outcome}")
        self.page.get_by_role("button", name="确认办结").click()

    def next_one(self) -> None:
        press(self.page, "wrap-up-done")


class Applicant:
    """申请人, on a PC or a phone: the same names on both."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def sign_in_by_phone(self, phone: str, name: str, door: str = "/login") -> None:
        self.page.goto(door)
        fill(self.page, "phone", phone)
        press(self.page, "send-code")
        code = see(self.page, "sandbox-code").inner_text()
        fill(self.page, "code", "".join(c for c in code if c.isdigit()))
        press(self.page, "agree-privacy")
        press(self.page, "sign-in")
        self.page.wait_for_url(lambda url: "login" not in url)

    def say(self, text: str) -> None:
        fill(self.page, "chat-input", text)
        press(self.page, "send")
        expect(at(self.page, "chat-text").filter(has_text=text).first).to_be_visible()

    def sees_line(self, text: str) -> None:
        expect(at(self.page, "chat-text").filter(has_text=text).first).to_be_visible()

    def upload_all(self, files: list[Path]) -> None:
        """One by one, each until the server says 已上传."""
        for index, file in enumerate(files):
            material = at(self.page, "material").nth(index)
            with self.page.expect_response(lambda r: "/versions" in r.url and r.request.method == "POST") as answer:
                material.locator('[data-test="upload"]').set_input_files(file)
            assert answer.value.status < 300, answer.value.text()
            see(material, "material-state", "已上传")


def both_see_each_other(agent: Page, applicant: Page) -> None:
    """Real frames on both ends."""
    video_runs(agent, '[data-test="remote-video"] video')
    video_runs(applicant, '[data-test="remote-video"] video')


def switches_work(agent: Page, applicant: Page) -> None:
    """S42: camera off and on again, as the agent sees it; microphone off and on."""
    press(applicant, "tool-camera")
    expect(at(applicant, "tool-camera")).to_have_attribute("aria-pressed", "false")
    expect(at(agent, "remote-video").locator("video").first).to_be_hidden()
    press(applicant, "tool-camera")
    video_runs(agent, '[data-test="remote-video"] video')
    press(applicant, "tool-microphone")
    expect(at(applicant, "tool-microphone")).to_have_attribute("aria-pressed", "false")
    press(applicant, "tool-microphone")


def eventually(act: Callable[[], bool], page: Page, seconds: float = 30) -> None:
    """Await a condition that is asked in Python, between the page's own events."""
    for _ in range(int(seconds * 10)):
        if act():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not within {seconds} s")
