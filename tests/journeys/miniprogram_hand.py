"""The applicant's hand on the phone with the mini-program, and what it does on several pages."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.journeys.guide import Report
from tests.journeys.hands import at, fill, press, see
from tests.miniprogram.phone import Phone


class Hand:
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

    def answers(self, title: str, *, yes: bool) -> None:
        """A question of the app stands over the page: it is read and answered."""
        question = at(self.page, "wx-modal").filter(has_text=title)
        expect(question).to_be_visible()
        press(question, "wx-modal-confirm" if yes else "wx-modal-cancel")
        expect(question).to_have_count(0)

    def menu(self, entry: str) -> None:
        """An entry of the “+” menu, which may be open already."""
        if not at(self.page, entry).count():
            press(self.page, "plus")
        press(self.page, entry)

    def tab(self, name: str) -> None:
        press(self.page, f"tab-pages/{name}/{name}")
        self.phone.at(f"{name}/{name}")

    def takes_slot(self, day: int) -> str:
        """A free slot of that day, confirmed; its id. The page with the confirmation is in front afterwards."""
        self.picks_day(day)
        slot = self.page.locator('[data-test="slot"][data-state="open"]:visible').first
        chosen = self.picks(slot)
        press(self.page, "confirm-booking")
        self.phone.at("done/done")
        see(self.page, "booked-slot")
        return chosen

    def picks_day(self, day: int) -> None:
        at(self.page, "day").nth(day).click()

    def picks(self, slot: Locator) -> str:
        chosen = slot.get_attribute("data-id") or ""
        slot.click()
        see(self.page, "held-slot")
        return chosen

    def web(self) -> Page:
        """The page of the web that covers the mini-program."""
        if found := self.phone.web():
            return found
        with self.phone.context.expect_page() as opened:
            if at(self.page, "enter-call").count():
                press(self.page, "enter-call")
        return opened.value
