"""The one source of time. UTC inside, Asia/Shanghai in every rule and on every screen; tests move it."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present day in Shenzhen."""
    return now().astimezone(SHANGHAI).date()


def shanghai(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)
