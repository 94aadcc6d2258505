"""Where a courier goes, when, and what an address must look like. Pure functions (guide row S32, rule 10)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from backend.courier.errors import (
    AddressTooShort,
    DistrictMismatch,
    NameInvalid,
    OutsideShenzhen,
    PhoneInvalid,
    WindowGone,
)
from backend.platform.clock import SHANGHAI

DISTRICTS = (
    "福田区", "罗湖区", "南山区", "盐田区", "宝安区", "龙岗区", "龙华区", "坪山区", "光明区", "大鹏新区",
)  # fmt: skip
WINDOW_DAYS = 5  # working days ahead, from tomorrow
HOURS = ((9, 12), (14, 16), (16, 18))

_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f·A-Za-z. ]{2,30}")
_PHONE = re.compile(r"1[3-9]\d{9}")
# Another province or city at the head of an address. Inside one, 省 and 市 may be part of a name (东门市场, 浙江大厦).
_PLACES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广西|海南|四川|贵州|云南"
    "|西藏|陕西|甘肃|青海|宁夏|新疆|内蒙古|香港|澳门|台湾|广州|珠海|汕头|佛山|韶关|湛江|肇庆|江门|茂名|惠州|梅州|汕尾|河源"
    "|阳江|清远|东莞|中山|潮州|揭阳|云浮"
)
_ELSEWHERE = re.compile(
    rf"^(?:中国)?(?:广东省?)?(?:{_PLACES})(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)"
)
_OTHER_CITY = re.compile(
    r"^(?:中国)?+(?:广东省?+)?+(?!深圳)[\u4e00-\u9fff]{2,4}市(?!场|民)[\u4e00-\u9fff]{2,4}[区县镇]"
)
_HEAD = re.compile(r"^(?:中国)?(?:广东省?)?(?:深圳市?)?")
_STATED = re.compile("|".join(d.removesuffix("新区").removesuffix("区") + "(?:新)?区" for d in DISTRICTS))


@dataclass(frozen=True)
class Window:
    """A time the courier offers; `id` is what the form sends back, e.g. 2026-11-26-09."""

    id: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Pickup:
    """A checked form."""

    name: str
    phone: str
    district: str
    address: str
    window: Window


def windows(days: Iterable[date]) -> list[Window]:
    """What can be chosen on each of `days`, in order."""
    return [_window(day, start, end) for day in days for start, end in HOURS]


def _window(day: date, start: int, end: int) -> Window:
    begin, finish = (datetime.combine(day, time(hour), SHANGHAI) for hour in (start, end))
    return Window(window_id(begin), begin, finish)


def window_id(start: datetime) -> str:
    return f"{start.astimezone(SHANGHAI):%Y-%m-%d-%H}"


def check(
    name: str, phone: str, district: str, address: str, window_id: str, offered: list[Window]
) -> Pickup:
    """A form that a courier can act on. Raises one of errors.py; another city gets the guide's sentence (S32)."""
    name, phone, address = " ".join(name.split()), re.sub(r"[\s-]", "", phone), "".join(address.split())
    if not _NAME.fullmatch(name):
        raise NameInvalid(field="name")
    if not _PHONE.fullmatch(phone):
        raise PhoneInvalid(field="phone")
    if district not in DISTRICTS:
        raise OutsideShenzhen(field="district", districts=list(DISTRICTS))
    if _ELSEWHERE.match(address) or _OTHER_CITY.match(address):
        raise OutsideShenzhen(field="address")
    rest = _HEAD.sub("", address, count=1)
    stated = _STATED.match(rest)
    if stated and _short(stated.group()) != _short(district):
        raise DistrictMismatch(field="address", district=district)
    if len(rest[stated.end() :] if stated else rest) < 5:
        raise AddressTooShort(field="address")
    chosen = next((w for w in offered if w.id == window_id), None)
    if chosen is None:
        raise WindowGone(field="window")
    return Pickup(name, phone, district, address, chosen)


def _short(district: str) -> str:
    return district.removesuffix("区").removesuffix("新")
