"""A booking as an iCalendar file (RFC 5545)."""

from datetime import UTC, datetime
from typing import Any

from backend.platform.settings import settings

LINE = 75  # octets of a line, RFC 5545 3.1


def render(booking: dict[str, Any]) -> str:
    """One event with a reminder half an hour before; cancelled bookings say so."""
    status = "CANCELLED" if booking["state"] in ("cancelled", "missed") else "CONFIRMED"
    name, time = booking["item"]["name"], booking["slot"]["time"]
    text = f"请在 {time}（北京时间）进入“信用+视频办”，点击“进入排队”。请提前准备好材料原件。"
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Futian//shipinban//ZH", "METHOD:PUBLISH", "BEGIN:VEVENT",
        f"UID:{booking['id']}@shipinban", f"DTSTAMP:{_utc(booking['created_at'])}",
        f"DTSTART:{_utc(booking['slot']['start_at'])}", f"DTEND:{_utc(booking['slot']['end_at'])}",
        f"SUMMARY:{_text(f'视频办：{name}')}", f"DESCRIPTION:{_text(text)}", f"URL:{settings().public_url}",
        f"STATUS:{status}", "BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(name)}", "TRIGGER:-PT30M",
        "END:VALARM", "END:VEVENT", "END:VCALENDAR",
    ]  # fmt: skip
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _fold(line: str) -> str:
    """Lines longer than 75 octets go on in the next one, never in the middle of a character."""
    folded, room = "", LINE
    for char in line:
        size = len(char.encode())
        if size > room:
            folded, room = f"{folded}\r\n ", LINE - 1
        folded, room = folded + char, room - size
    return folded
