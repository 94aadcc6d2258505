"""What the phone does beside the guide: another slot, notices, being called, signing out (M4, M8, M14, M16, S3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Locator, expect

from tests.bots import ApplicantBot
from tests.journeys.hands import at, press, see
from tests.journeys.miniprogram_hand import Hand
from tests.journeys.miniprogram_refused import phone_number_and_scan
from tests.journeys.people import ITEM, eventually

CLIENT = {"X-Client": "miniprogram"}
CROWD = 4  # people before ours: more than the three at which one is called
REFRESH = "() => JSON.parse(localStorage['mp:shipinban.refresh']).value"


def change_booking(me: Hand, first: str, day: int) -> None:
    """M8: another slot in one step; the old place is free again, the new one is taken."""
    page = me.page
    with me.report.step("mini-M8", show={"mini": page}):
        press(page, "my-bookings")
        me.phone.at("bookings/bookings")
        before_text = see(page, "booking-when").inner_text()
        _to_change(me, day)
        other = page.locator('[data-test="slot"][data-state="open"]:visible').nth(1)
        before = _places(me)
        second = me.picks(other)
        assert second != first
        me.shoot("mini-M8-chosen")
        press(page, "confirm-booking")
        me.phone.at("done/done")
        see(page, "booked", "改约成功")
        press(page, "my-bookings")
        me.phone.at("bookings/bookings")
        expect(page.locator('[data-test="booking"][data-state="booked"]')).to_have_count(1)
        expect(at(page, "booking-when").first).not_to_have_text(before_text)
        _to_change(me, day)
        after = _places(me)
        assert (after[first], after[second]) == (before[first] + 1, before[second] - 1), (before, after)
        expect(page.locator(f'[data-id="{first}"]:visible')).to_have_attribute("data-state", "open")
        expect(page.locator(f'[data-id="{second}"]:visible')).to_have_attribute("data-state", "mine")
        me.phone.back()


def _to_change(me: Hand, day: int) -> None:
    press(at(me.page, "booking").first, "reschedule")
    me.phone.at("slots/slots")
    me.picks_day(day)
    at(me.page, "slot").first.wait_for()


def _places(me: Hand) -> dict[str, int]:
    """What is left in each slot of the day on the page, as anybody would be told."""
    shown = me.phone.data()
    day = {"date": shown["date"]}
    slots = requests.get(f"{me.phone.url}/api/items/{shown['id']}/slots", params=day, headers=CLIENT, timeout=30)
    return {slot["id"]: slot["left"] for slot in slots.json()["items"]}


def _notices(me: Hand) -> None:
    """M14: what was told stands among my notices, the news marked; it leads to its matter.

    Not looked for: the news of the booking, which is taken back when its owner queues before it went out.
    """
    page = me.page
    with me.report.step("mini-M14", show={"mini": page}):
        see(page, "unread")
        press(page, "my-notices")
        me.phone.at("notices/notices")
        near = _notice(me, "turn_near")
        expect(near).to_contain_text("前面还有 3 人")
        expect(at(near, "unread")).to_be_visible()
        me.shoot("mini-M14-list")
        near.click()
        me.room()
        me.phone.back()
        me.phone.at("notices/notices")
        me.phone.back()
        me.phone.at("me/me")
        expect(at(page, "unread")).to_have_count(0)  # read once seen


def _notice(me: Hand, kind: str) -> Locator:
    return me.page.locator(f'[data-test="notice"][data-kind="{kind}"]:visible').first


def crowd(me: Hand) -> list[Callable[[], Any]]:
    """People who wait before ours; each can be sent home by a call."""
    bots = [ApplicantBot(me.phone.url, f"张{'甲乙丙丁'[n]}").sign_in(f"1990000810{n}") for n in range(CROWD)]
    return [_leaves(bot, bot.queue_now(ITEM)) for bot in bots]


def _leaves(bot: ApplicantBot, session: str) -> Callable[[], Any]:
    return lambda: bot.post(f"/sessions/{session}/leave")


def call_me(me: Hand, others: list[Callable[[], Any]]) -> None:
    """M16: notices off, then on; the app is left; at three ahead WeChat brings the notice, and the place is there."""
    page, person = me.page, me.person
    with me.report.step("mini-M16", show={"mini": page}):
        person.subscribe = "off"
        press(page, "call-me")
        me.shoot("mini-M16-off")
        me.answers("位置已保留，通知未开启", yes=True)
        eventually(lambda: person.subscribe == "accept", page)
        press(page, "call-me")
        see(page, "call-me", "剩 3 人时微信通知您")
        me.shoot("mini-M16-asked")
        me.phone.background(long=True)
        assert not _near(me)
        others.pop()()
        eventually(lambda: bool(_near(me)), page, seconds=60)
        (notice,) = _near(me)
        assert notice["data"]["number2"]["value"] == "3", notice
        path, _, query = notice["page"].partition("?")
        me.phone.open(path, query=query)  # the tap on the notice
        me.phone.at("wait/wait")
        see(page, "ahead", "3")
        see(page, "call-me", "快轮到您了")
        for leaves in others:
            leaves()
        see(page, "ahead", "下一位就是您")


def _near(me: Hand) -> list[dict[str, Any]]:
    """即将轮到您, as WeChat brought it to the phone."""
    return [notice for notice in me.person.told() if notice["template"] == "sandbox-mp-turn_near"]


def account(me: Hand) -> None:
    """The end of the login, by the person (S3) and by taking the consent back (M4)."""
    page = me.page
    me.phone.kill()
    me.tab("me")
    see(page, "my-name")
    _notices(me)
    phone_number_and_scan(me)
    _log_out(me)
    _take_consent_back(me)


def _log_out(me: Hand) -> None:
    page = me.page
    with me.report.step("mini-S3", show={"mini": page}):
        login = _login(me)
        press(page, "logout")
        me.answers("退出登录？", yes=True)
        see(page, "sign-in")
        _is_dead(me, login)
        me.phone.kill()
        me.tab("me")
        see(page, "sign-in")  # nobody is signed in again without a tap
        me.shoot("mini-S3-out")
        press(page, "sign-in")
        see(page, "my-name")


def _take_consent_back(me: Hand) -> None:
    page = me.page
    with me.report.step("mini-M4", show={"mini": page}):
        login = _login(me)
        press(page, "privacy")
        me.phone.at("privacy/privacy")
        press(page, "withdraw")
        me.shoot("mini-M4-asked")
        me.answers("撤回隐私授权？", yes=True)
        me.answers("已撤回", yes=True)
        see(page, "policy-agree", "同意隐私政策并登录")
        me.shoot("mini-M4-out")
        _is_dead(me, login)
        asked = {**me.person.on_login({}), "entry": "mp"}
        said = requests.post(f"{me.phone.url}/api/auth/wechat/code", json=asked, headers=CLIENT, timeout=30)
        assert (said.status_code, said.json()["error"]["code"]) == (403, "privacy_withdrawn"), said.text
        me.phone.kill()
        me.tab("me")
        press(page, "sign-in")
        me.phone.at("privacy/privacy")
        press(page, "policy-agree")
        see(page, "withdraw")
        me.phone.back()
        me.phone.at("me/me")
        see(page, "my-name")


def _login(me: Hand) -> tuple[str, str]:
    """(access, refresh) as the phone holds them now: the access token is seen on its way."""
    with me.page.expect_request("**/api/me") as asked:
        me.tab("home")
        me.tab("me")
    return asked.value.headers["authorization"], me.page.evaluate(REFRESH)


def _is_dead(me: Hand, login: tuple[str, str]) -> None:
    """The server knows neither of the two any more."""
    access, refresh = login
    api = f"{me.phone.url}/api"
    read = requests.get(f"{api}/me", headers={**CLIENT, "Authorization": access}, timeout=30)
    renewed = requests.post(f"{api}/auth/refresh", json={"refresh_token": refresh}, headers=CLIENT, timeout=30)
    assert (read.status_code, renewed.status_code) == (401, 401), (read.text, renewed.text)
