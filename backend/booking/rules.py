"""What follows from the calendar and the clock. Pure functions: no database, no present moment of their own."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backend.booking.models import DayKind
from backend.platform.clock import SHANGHAI

WEEKDAYS = "一二三四五六日"
MAKEUP_WEEKDAY = 0  # a make-up workday (调休) runs like a Monday


@dataclass(frozen=True)
class Week:
    """When a slot template applies."""

    weekday: int | None
    on_holidays: bool


def runs_on(week: Week, day: date, kind: str | None) -> bool:
    """Whether a template has a slot on `day`. `kind`: the calendar's word on it, if any (domain rule 2)."""
    if kind == DayKind.CLOSED:
        return False
    if kind == DayKind.HOLIDAY:
        return week.on_holidays and week.weekday in (None, day.weekday())
    if week.weekday is None:
        return True
    if kind in (DayKind.MAKEUP, DayKind.WORKDAY) and day.weekday() > 4:
        return week.weekday == MAKEUP_WEEKDAY or week.weekday == day.weekday()
    return week.weekday == day.weekday()


def at_minute(day: date, minute: int) -> datetime:
    """The UTC moment of a minute of `day` on a clock in Shenzhen, also in the summers of 1986–1991 (P4, S06)."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    return wall.replace(tzinfo=SHANGHAI).astimezone(UTC)


def last_released(now: datetime, days: int, hour: int) -> date:
    """The last day whose slots are open: `days` ahead, one less before `hour` o'clock in Shenzhen (domain rule 2)."""
    here = now.astimezone(SHANGHAI)
    return here.date() + timedelta(days=days if here.hour >= hour else days - 1)


def clock_text(start: datetime, end: datetime) -> str:
    """「09:00-10:00」 in Beijing time; midnight at the end of a day is 24:00."""
    first, last = start.astimezone(SHANGHAI), end.astimezone(SHANGHAI)
    end_text = (
        "24:00" if last.date() > first.date() and (last.hour, last.minute) == (0, 0) else f"{last:%H:%M}"
    )
    return f"{first:%H:%M}-{end_text}"


def day_of(moment: datetime) -> date:
    """The day in Shenzhen."""
    return moment.astimezone(SHANGHAI).date()


def weekday_text(day: date) -> str:
    return f"周{WEEKDAYS[day.weekday()]}"


@dataclass(frozen=True)
class Window:
    """When one may queue for a booking."""

    opens_at: datetime
    closes_at: datetime

    def reason(self, now: datetime) -> str | None:
        """Why not now, in words; None inside the window (guide row S14)."""
        if now < self.opens_at:
            here = self.opens_at.astimezone(SHANGHAI)
            return f"未到预约时段，{here.month}月{here.day}日 {here:%H:%M} 起可以排队"
        if now >= self.closes_at:
            return "预约时段已过，请重新预约"
        return None


def window(start: datetime, end: datetime, early_minutes: int, late_minutes: int) -> Window:
    """The slot with its grace on both sides (domain rule 3)."""
    return Window(start - timedelta(minutes=early_minutes), end + timedelta(minutes=late_minutes))


@dataclass(frozen=True)
class Habits:
    """What a person did lately: misses and cancels in 30 days, bookings of one item today."""

    misses: int = 0
    cancels: int = 0
    same_item_today: int = 0


def warnings(habits: Habits) -> list[str]:
    """What to say before it comes to a block (M13: 2 misses a month, >3 of one item a day, 5 cancels a month)."""
    said = []
    if habits.misses >= 2:
        said.append(f"您近 30 天已爽约 {habits.misses} 次，请按时办理；不能前来时请在时段开始前取消")
    if habits.same_item_today > 3:
        said.append("您今天多次预约同一事项，请合理使用预约名额")
    if habits.cancels >= 5:
        said.append(f"您近 30 天已取消 {habits.cancels} 次，请合理安排时间")
    return said
