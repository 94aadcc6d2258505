"""Pure rules: which days have slots, what the clock says in Shenzhen, when one may queue."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.booking import rules
from backend.booking.models import DayKind
from backend.platform.clock import SHANGHAI

MONDAY, SATURDAY = date(2026, 11, 30), date(2026, 10, 10)
WEEKDAY, DUTY = rules.Week(0, on_holidays=False), rules.Week(None, on_holidays=True)


@pytest.mark.parametrize(
    ("week", "day", "kind", "runs"),
    [
        (WEEKDAY, MONDAY, None, True),
        (WEEKDAY, MONDAY + timedelta(days=1), None, False),
        (WEEKDAY, MONDAY, DayKind.HOLIDAY, False),
        (WEEKDAY, MONDAY, DayKind.CLOSED, False),
        (WEEKDAY, SATURDAY, None, False),
        (WEEKDAY, SATURDAY, DayKind.MAKEUP, True),  # 2026-10-10 国庆调休: runs like a Monday
        (rules.Week(1, on_holidays=False), SATURDAY, DayKind.MAKEUP, False),
        (rules.Week(5, on_holidays=False), SATURDAY, None, True),  # an office with Saturday hours
        (DUTY, MONDAY, DayKind.HOLIDAY, True),
        (DUTY, SATURDAY, None, True),
        (DUTY, MONDAY, DayKind.CLOSED, False),
        (rules.Week(None, on_holidays=False), MONDAY, DayKind.HOLIDAY, False),
    ],
)
def test_a_template_runs(week: rules.Week, day: date, kind: str | None, runs: bool) -> None:
    assert rules.runs_on(week, day, kind) is runs


@pytest.mark.parametrize(
    ("day", "utc_hour"),
    [
        (date(2026, 11, 26), 1),
        (date(2026, 7, 1), 1),
        (date(1985, 7, 1), 1),
        (date(1986, 7, 1), 0),  # summer time of 1986–1991: the same 09:00 is an hour earlier
        (date(1991, 9, 1), 0),
        (date(1991, 9, 15), 1),  # the day it ended for good
        (date(1992, 7, 1), 1),
    ],
)
def test_nine_o_clock_in_shenzhen(day: date, utc_hour: int) -> None:
    """P4: the wall clock decides, also in the years of summer time."""
    start, end = rules.at_minute(day, 540), rules.at_minute(day, 600)
    assert start == datetime(day.year, day.month, day.day, utc_hour, tzinfo=UTC)
    assert rules.clock_text(start, end) == "09:00-10:00"
    assert rules.day_of(start) == day


@given(st.dates(date(1980, 1, 1), date(2100, 12, 31)), st.integers(0, 1439))
def test_every_minute_comes_back(day: date, minute: int) -> None:
    """A minute of a day in Shenzhen is shown as that minute of that day; only an hour skipped in spring moves."""
    moment = rules.at_minute(day, minute)
    here = moment.astimezone(SHANGHAI)
    shown = here.hour * 60 + here.minute
    assert here.date() == day
    assert shown == minute or (1986 <= day.year <= 1991 and shown == minute + 60)


def test_midnight_is_24() -> None:
    day = date(2026, 11, 25)
    assert rules.clock_text(rules.at_minute(day, 1380), rules.at_minute(day, 1440)) == "23:00-24:00"
    assert rules.clock_text(rules.at_minute(day, 0), rules.at_minute(day, 60)) == "00:00-01:00"


def test_days_are_opened_at_the_hour() -> None:
    """放号 at 08:00: before, the last day is one less (domain rule 2)."""
    eight = rules.at_minute(date(2026, 11, 25), 480)
    assert rules.last_released(eight, 14, 8) == date(2026, 12, 9)
    assert rules.last_released(eight - timedelta(seconds=1), 14, 8) == date(2026, 12, 8)


def test_the_window_and_its_words() -> None:
    """S06: from 09:00:00 on and not a second before; an early margin moves it."""
    start, end = rules.at_minute(MONDAY, 540), rules.at_minute(MONDAY, 600)
    frame = rules.window(start, end, 0, 10)
    second = timedelta(seconds=1)
    assert frame.reason(start) is None
    assert frame.reason(start - second) == "未到预约时段，11月30日 09:00 起可以排队"
    assert frame.reason(end + timedelta(minutes=10) - second) is None
    assert frame.reason(end + timedelta(minutes=10)) == "预约时段已过，请重新预约"
    assert rules.window(start, end, 15, 0).reason(start - timedelta(minutes=15)) is None


def test_warnings_come_before_blocks() -> None:
    """M13: 2 misses a month, more than 3 bookings of one item a day, 5 cancels a month."""
    assert rules.warnings(rules.Habits(misses=1, cancels=4, same_item_today=3)) == []
    assert len(rules.warnings(rules.Habits(misses=2, cancels=5, same_item_today=4))) == 3
