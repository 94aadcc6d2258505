"""Every refusal on the phone leads to a way on: WeChat's settings, another way of doing the same, or on without it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.journeys.hands import at, fill, press, see
from tests.journeys.miniprogram_hand import Hand
from tests.journeys.people import eventually


def privacy_guide(me: Hand) -> None:
    """M62: who does not agree to WeChat's privacy guide goes on without that function, reads, and may agree later."""
    page = me.page
    with me.report.step("mini-M62", show={"mini": page}):
        press(page, "calendar")
        me.shoot("mini-M62-asked")
        press(page, "privacy-refuse")
        me.answers("需要您同意隐私保护指引", yes=False)
        see(page, "booked-slot")
        press(page, "calendar")  # asked again at each tap, not by itself
        press(page, "privacy-refuse")
        me.answers("需要您同意隐私保护指引", yes=True)
        me.phone.at("privacy/privacy")
        press(page, "privacy-contract")
        eventually(lambda: bool(me.person.saved("privacy")), page)
        me.phone.back()
        me.phone.at("done/done")
        press(page, "calendar")
        press(page, "privacy-agree")
        eventually(lambda: bool(me.person.saved("calendar")), page)


def reminders(me: Hand) -> None:
    """M14: notices refused once, for good, or all of them; the calendar stands in, and may be refused too."""
    page, person = me.page, me.person
    with me.report.step("mini-M14", show={"mini": page}):
        person.permissions["scope.addPhoneCalendar"] = False
        person.settings_change = False
        press(page, "calendar")
        me.answers("未开启日历权限", yes=True)  # looks at the settings, changes nothing
        see(page, "calendar")
        assert len(person.saved("calendar")) == 1
        person.settings_change = True
        press(page, "calendar")
        me.answers("未开启日历权限", yes=True)
        eventually(lambda: len(person.saved("calendar")) == 2, page)
        person.subscribe = "reject"
        press(page, "remind")
        see(page, "remind", "或加入手机日历")
        for refused in ("always-reject", "off"):
            person.subscribe = refused
            press(page, "remind")
            me.answers("通知已关闭", yes=True)
            eventually(lambda: person.subscribe == "accept", page)  # switched on in the settings
        press(page, "remind")
        see(page, "remind", "已开启提醒")


def microphone(me: Hand) -> None:
    """M23, before the call: without a microphone one goes on in writing."""
    page, person = me.page, me.person
    with me.report.step("mini-M23", show={"mini": page}):
        person.permissions["scope.record"] = False
        press(page, "check-devices")
        me.answers("未开启麦克风权限", yes=False)
        see(page, "device-microphone", "未允许")
        see(page, "device-check", "也可以文字办理")
        see(page, "device-camera", "正常")


def call(me: Hand) -> None:
    """M23: back to the chat, or into the call without picture and sound; M23 ends with the call open."""
    page, person = me.page, me.person
    with me.report.step("mini-M23", show={"mini": page}):
        person.permissions |= {"scope.camera": False, "scope.record": False}
        me.menu("menu-call")
        me.phone.at("call/call")
        see(page, "enter-call")
        me.shoot("mini-M23-asked")
        press(page, "back-to-room")
        me.room()
        me.menu("menu-call")
        person.settings_change = False
        with me.phone.context.expect_page():
            press(page, "enter-call")
            me.answers("未开启摄像头权限", yes=True)  # looks at the settings, changes nothing
            me.answers("未开启麦克风权限", yes=False)
        person.settings_change = True


def pictures(me: Hand) -> None:
    """M35: camera, album or WeChat's files refused or given up: the other ways stay, the list says so."""
    page, person = me.page, me.person
    row = at(page, "material").first
    with me.report.step("mini-M35", show={"mini": page}):
        person.permissions["scope.camera"] = False
        press(row, "upload-camera")
        me.shoot("mini-M35-camera")
        see(page, "wx-modal", "也可以从相册或微信聊天中选择")
        me.answers("未开启摄像头权限", yes=False)
        person.phone_refuses.add("album")
        press(row, "upload")
        see(page, "wx-modal", "也可以直接拍照上传")
        me.shoot("mini-M35-album")
        me.answers("手机不允许微信从相册选择", yes=False)
        press(row, "upload-file")  # nothing chosen: no question lies over the next tap
        press(row, "upload-camera")
        me.answers("未开启摄像头权限", yes=True)  # switched on in the settings: the camera opens, and is closed
        eventually(lambda: person.permissions["scope.camera"], page)
        press(row, "upload")
        me.answers("手机不允许微信从相册选择", yes=True)  # to the phone's settings
        eventually(lambda: not person.phone_refuses, page)


def album(me: Hand, row: Locator) -> None:
    """M37: saving to the album refused: how else it can be kept is said; the button stays."""
    page, person = me.page, me.person
    with me.report.step("mini-M37", show={"mini": page}):
        person.permissions["scope.writePhotosAlbum"] = False
        press(row, "download-copy")
        see(page, "wx-modal", "也可以点开图片后长按转发或保存")
        me.answers("未开启保存到相册权限", yes=False)
        assert not person.saved("album")
        press(row, "download-copy")
        me.answers("未开启保存到相册权限", yes=True)
        eventually(lambda: len(person.saved("album")) == 1, page)


def address(me: Hand) -> None:
    """M46: WeChat's address book refused or closed: the form can be filled in by hand."""
    page, person = me.page, me.person
    with me.report.step("mini-M46", show={"mini": page}):
        person.permissions["scope.address"] = False
        press(page, "wechat-address")
        see(page, "wx-modal", "也可以直接在下面填写地址")
        me.answers("未开启通讯地址权限", yes=False)
        person.address = None
        press(page, "wechat-address")
        me.answers("未开启通讯地址权限", yes=True)  # switched on; the book is closed without choosing
        fill(page, "pickup-name", "张三")
        fill(page, "pickup-phone", "13800000001")
        expect(page.locator('[data-test="pickup-name"] input')).to_have_value("张三")


def phone_number_and_scan(me: Hand) -> None:
    """M62, M23: the phone number is not given; the camera of the phone is shut to WeChat's scan."""
    page, person = me.page, me.person
    with me.report.step("mini-M62"):
        person.permissions["phone"] = False
        press(page, "bind-phone")
        see(page, "wx-modal", "不绑定也可以继续办理")
        me.answers("暂时不能绑定手机号", yes=True)
        person.permissions["phone"] = True
        press(page, "bind-phone")
        see(page, "my-phone", re.compile(r"\d{3}\*+\d{4}"))
    with me.report.step("mini-M23", show={"mini": page}):
        person.phone_refuses.add("camera")
        press(page, "scan")
        see(page, "wx-modal", "也可以用微信“扫一扫”")
        me.answers("手机不允许微信扫码", yes=True)
        eventually(lambda: not person.phone_refuses, page)
        press(page, "scan-start")  # closed without a code
        see(page, "scan-start")
        me.phone.back()
