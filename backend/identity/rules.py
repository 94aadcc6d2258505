"""Pure rules: what a phone number, a name, an ID number and a local path look like."""

import re
from datetime import date
from urllib.parse import unquote

PHONE = re.compile(r"1[3-9]\d{9}")
NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U000323af·•A-Za-z .'-]{1,64}")
NOT_A_PAGE = re.compile(r"/(?:api|enter|ws)(?:/|$)", re.IGNORECASE)
LOCAL_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~/?=&%#:@!$+,;]*")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def normal_phone(text: str) -> str | None:
    """The 11 digits of a mainland mobile number, or None."""
    digits = re.sub(r"[\s-]", "", text)
    digits = digits.removeprefix("+86")
    return digits if PHONE.fullmatch(digits) else None


def is_name(text: str) -> bool:
    """A real name: Chinese characters (with the rare ones), or Latin letters; no digits, no markup."""
    return bool(NAME.fullmatch(text)) and bool(text.strip())


def check_digit(first17: str) -> str:
    """Check digit of a citizen number (GB 11643, ISO 7064 MOD 11-2)."""
    return _CHECK_DIGITS[sum(w * int(d) for w, d in zip(_WEIGHTS, first17, strict=True)) % 11]


def normal_id_number(text: str, *, checksum: bool, on: date) -> str | None:
    """An 18-character citizen number with a real birthday, or None. `checksum` also verifies the last character."""
    number = text.strip().upper()
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        return None
    try:
        birthday = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    if not date(1900, 1, 1) <= birthday <= on:
        return None
    if checksum and check_digit(number[:17]) != number[17]:
        return None
    return number


def is_local_path(path: str) -> bool:
    """Whether `path` is a page of this site however a browser or a proxy reads it: decoded once more, too.

    Not an address of the API or of a ticket either: who follows it must meet a page, not another sign-in.
    """
    if len(path) > 512:
        return False
    place = re.split("[?#]", path, maxsplit=1)[0]
    while _stays(path) and _stays(place):
        decoded = unquote(place, errors="replace")
        if decoded == place:
            return True
        path = place = decoded
    return False


def _stays(path: str) -> bool:
    place = path.split("?", 1)[0]
    dots = any(part in (".", "..") for part in place.split("/"))
    return bool(LOCAL_PATH.fullmatch(path)) and not dots and "//" not in place and not NOT_A_PAGE.match(place)


def local_path(path: str | None, default: str = "/") -> str:
    """`path` if it stays on this site, else `default`: an open redirect is refused (M3)."""
    return path if path and is_local_path(path) else default
