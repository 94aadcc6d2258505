"""What is told: one table from kind to title, text, text message, what to do, and the page that it opens.

A kind's words are filled from the notice's data (`words`). Templates of WeChat show the same words in fields; which
word goes into which field is the operator's setting (config.NoticeTemplate), because each console's templates differ.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from backend.config import NoticeTemplate, Settings
from backend.platform.clock import shanghai
from backend.wechat.fields import kind_of
from backend.wechat.templates import templates

Page = Literal["session", "bookings", "rating"]
Moment = Literal["booked", "queue", "session"]
SIGN = "【福田视频办】"


@dataclass(frozen=True)
class Kind:
    """`text` is shown in the list. `sms` is sent when nothing else gets there; empty: not worth a text message."""

    title: str
    text: str
    tip: str  # what to do, at most 20 characters: fits a `thing` field whole
    page: Page
    moment: Moment | None = None  # when the mini-program asks for the consent that one such message needs
    sms: str = ""
    asked: bool = False  # texted only to somebody who asked for it


KINDS: dict[str, Kind] = {
    "booking_made": Kind(
        "预约成功",
        "您已预约 {start} 办理“{item}”，请备齐原件，按时进入排队。",
        "请备齐原件，按时进入排队",
        "bookings",
    ),
    "booking_day": Kind(
        "预约提醒",
        "您预约的“{item}”将于 {start} 开始，请提前备齐原件；不能前来请先取消。",
        "请备齐原件，不能前来请先取消",
        "bookings",
        "booked",
        "您预约的“{item}”将于{start}开始，请备齐原件，在“信用+视频办”按时进入排队。",
    ),
    "booking_soon": Kind(
        "预约即将开始",
        "您预约的“{item}” {start} 开始，请检查网络、摄像头和材料，到时进入排队。",
        "请检查网络和材料，到时进入排队",
        "bookings",
        "booked",
    ),
    "booking_cancelled": Kind(
        "预约已取消",
        "很抱歉，您预约的“{item}”（{start}）已取消：{reason}。",
        "请重新选择预约时段",
        "bookings",
        "booked",
        "很抱歉，您预约的“{item}”（{start}）已取消，请在“信用+视频办”重新选择时段。",
    ),
    "turn_near": Kind(
        "即将轮到您",
        "您办理的“{item}”前面还有 {ahead} 人，请回到等候页面，轮到您时请在 30 秒内接听。",
        "请回到等候页面，准备接听",
        "session",
        "queue",
        "您办理的“{item}”前面还有{ahead}人，请回到“信用+视频办”等候接听。",
        asked=True,
    ),
    "session_expiring": Kind(
        "挂起的业务即将到期",
        "您挂起的“{item}”保留到 {until}，请在此之前点击“重新连接”继续办理。",
        "请在到期前重新连接",
        "session",
        "queue",
        "您挂起的“{item}”保留到{until}，请在此之前到“信用+视频办”重新连接。",
    ),
    "material_rejected": Kind(
        "材料需要重新上传",
        "“{material}”没有通过核验：{reason}。请重新上传。",
        "请重新上传材料",
        "session",
        "session",
    ),
    "waybill": Kind(
        "取件快递已下单",
        "“{item}”的取件快递已下单，运单号 {waybill}。",
        "请在预约时间内等候快递员",
        "session",
        "session",
    ),
    "rating": Kind(
        "邀请您评价",
        "“{item}”已办理结束，诚邀您对本次服务作出评价，{until} 前有效。",
        "诚邀您对本次服务作出评价",
        "rating",
        "session",
    ),
}

WORDS = frozenset({"title", "tip", "item", "start", "until", "reason", "material", "waybill", "ahead"})


def words(kind: str, data: Mapping[str, Any]) -> dict[str, str]:
    """Everything a text or a field may show; a moment (`…_at`) in Beijing time. A word that is not there is empty."""
    about = KINDS[kind]
    found: dict[str, str] = defaultdict(str, title=about.title, tip=about.tip)
    for name, value in data.items():
        if name.endswith("_at"):
            here = shanghai(datetime.fromisoformat(value))
            found[name.removesuffix("_at")] = f"{here.year}年{here.month}月{here.day}日 {here:%H:%M}"
        else:
            found[name] = str(value)
    return found


def text(kind: str, data: Mapping[str, Any]) -> str:
    return KINDS[kind].text.format_map(words(kind, data))


def sms(kind: str, data: Mapping[str, Any]) -> str | None:
    """The text message, or None for a kind that is not worth one, or was not asked for."""
    about = KINDS[kind]
    if not about.sms or (about.asked and not data.get("asked")):
        return None
    return SIGN + about.sms.format_map(words(kind, data))


def fields(template: NoticeTemplate, kind: str, data: Mapping[str, Any]) -> dict[str, object]:
    """The template's values by field; the gateway makes each legal (wechat/fields.py)."""
    said = words(kind, data)
    return {key: said[name] for key, name in template.fields.items()}


def faults(settings: Settings) -> list[str]:
    """What is wrong with the templates of the settings, in words."""
    found = []
    for account in ("mp", "oa"):
        for kind, template in templates(settings, account).items():
            name = f"NOTICE_{account.upper()}_TEMPLATES: {kind}"
            if kind not in KINDS:
                found.append(f"{name} is no notice; there are {', '.join(KINDS)}")
            if unknown := sorted(set(template.fields.values()) - WORDS):
                found.append(f"{name} shows {', '.join(unknown)}; there are {', '.join(sorted(WORDS))}")
            found += [f"{name}: {key} is no field of WeChat" for key in template.fields if not _is_field(key)]
    return found


def _is_field(key: str) -> bool:
    try:
        return bool(kind_of(key)) and key[-1].isdigit()
    except KeyError:
        return False
