"""A client's file name is text to show, never a path (S19, ASVS 5.3.2; secure_filename drops Chinese: case S23)."""

import re
import unicodedata

MAX_CHARS = 120
UNNAMED = "未命名"

_KEPT_FORMAT_CHARS = {
    "\u200c",
    "\u200d",
}  # joiners inside emoji; every other format character can make a name lie
_EXTENSION = re.compile(r"^[A-Za-z0-9]{1,8}$")


def clean(raw: str | None) -> str:
    """The name to show: NFC, no path parts, no control or direction characters, at most 120 characters."""
    text = unicodedata.normalize("NFC", _unescape(raw or ""))
    text = "".join(c for c in text if _is_shown(c))
    text = re.split(r"[/\\]", text)[-1]
    stem, extension = split(" ".join(text.split()))
    stem = stem.lstrip(". ").rstrip(". ") or UNNAMED
    tail = f".{extension}" if extension else ""
    return stem[: MAX_CHARS - len(tail)].rstrip() + tail


def split(name: str) -> tuple[str, str]:
    """`photo.html.jpg` gives (`photo.html`, `jpg`); a name without an extension gives an empty second part."""
    stem, dot, extension = name.rpartition(".")
    if dot and _EXTENSION.match(extension.strip()):
        return stem, extension.strip()
    return name, ""


def _unescape(raw: str) -> str:
    """Browsers write a quote and line ends in a multipart name as %22, %0D, %0A, and nothing else (WHATWG HTML)."""
    return raw.replace("%22", '"').replace("%0D", "").replace("%0A", "")


def _is_shown(char: str) -> bool:
    if char in _KEPT_FORMAT_CHARS or "\U000e0020" <= char <= "\U000e007f":
        return True
    return char != "\ufffd" and unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
