"""Fields of notice templates, made legal for WeChat whatever text comes in (docs: 订阅消息参数值内容限制).

A value that can't be made legal by shortening becomes the type's stand-in: a notice with a dash arrives, an illegal one
(47003) does not.
"""

import re
import unicodedata
from collections.abc import Callable

CHINESE = r"\u4e00-\u9fff"
DASH = "-"


def _plain(value: object) -> str:
    """One line of visible characters."""
    text = unicodedata.normalize("NFC", str(value))
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] not in "CZ")
    return " ".join(kept.split())


def _short(limit: int, empty: str) -> Callable[[str], str]:
    """At most `limit` characters; a longer one ends in …, so that nobody takes it for the whole."""

    def make(text: str) -> str:
        text = text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
        return text or empty

    return make


def _only(pattern: str, limit: int, empty: str) -> Callable[[str], str]:
    """The characters of `pattern`, at most `limit` of them."""
    return lambda text: "".join(re.findall(pattern, text)).strip()[:limit].strip() or empty


def _match(pattern: str, empty: str) -> Callable[[str], str]:
    """The text when it is as WeChat wants it, else the stand-in."""
    return lambda text: text if re.fullmatch(pattern, text) else empty


def _name(text: str) -> str:
    """At most 10 Chinese characters, or 20 letters and signs."""
    chinese = re.search(f"[{CHINESE}]", text)
    return (text[:10] if chinese else text[:20]).strip() or DASH


_DATE = r"\d{4}年\d{1,2}月\d{1,2}日"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_TIME = rf"(?:{_DATE} )?{_CLOCK}(?:~(?:{_DATE} )?{_CLOCK})?|{_DATE}"

RULES: dict[str, Callable[[str], str]] = {
    "thing": _short(20, DASH),
    "phrase": _only(f"[{CHINESE}]", 5, "通知"),
    "character_string": _only(r"[!-~]", 32, DASH),
    "number": _match(r"\d{1,32}(?:\.\d{1,8})?", "0"),
    "letter": _only(r"[A-Za-z]", 32, "A"),
    "symbol": _only(r"[!-/:-@\[-^`{-~]", 5, DASH),
    "time": _match(_TIME, "00:00"),
    "date": _match(rf"{_DATE}(?: {_CLOCK})?(?:~{_DATE}(?: {_CLOCK})?)?", "1970年1月1日"),
    "amount": _match(r"[¥$€£]?\d{1,10}(?:\.\d{1,2})?元?", "0"),
    "phone_number": _only(r"[0-9+\-() ]", 17, "0"),
    "car_number": _short(8, DASH),
    "name": _name,
}


def kind_of(key: str) -> str:
    """"thing1" → "thing". Raises KeyError for a type that WeChat does not have."""
    kind = key.rstrip("0123456789")
    if kind not in RULES:
        raise KeyError(key)
    return kind


def legal(key: str, value: object) -> str:
    """`value` as the field `key` of a template may hold it."""
    return RULES[kind_of(key)](_plain(value))


def data(values: dict[str, object]) -> dict[str, dict[str, str]]:
    """The `data` of a notice: {"thing1": {"value": …}, …}, every field legal."""
    return {key: {"value": legal(key, value)} for key, value in values.items()}
