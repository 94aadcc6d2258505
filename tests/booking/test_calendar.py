"""Holidays, make-up workdays, years without data, and slots released day by day (domain rule 2)."""

import logging
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import pytest
from sqlalchemy import func, select

from backend.booking import calendar, rules
from backend.booking.errors import BadTemplate
from backend.booking.models import CalendarDay, DayKind, Slot
from backend.platform import jobs
from backend.platform.db import db
from tests.booking.conftest import Hall


def at(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment in Shenzhen."""
    return rules.at_minute(date(year, month, day), hour * 60 + minute)


def dates() -> list[date]:
    return sorted(set(db.session.scalars(select(Slot.date))))


def week_of(hall: Hall) -> None:
    for weekday in range(5):
        calendar.add_template(hall.group, 540, 600, 5, weekday=weekday)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_known_year_is_what_the_state_council_said(hall: Hall, year: int) -> None:
    """The table says of each day what the package says: holiday, make-up workday, or the plain week."""
    with hall.app.app_context():
        assert calendar.load_year(year)
        assert calendar.load_year(year)  # twice changes nothing
        known = calendar.days(date(year, 1, 1), date(year, 12, 31))
        day = date(year, 1, 1)
        while day.year == year:
            works = calendar.kind_of(day, known.get(day)) in (DayKind.WORKDAY, DayKind.MAKEUP)
            assert works == chinese_calendar.is_workday(day), day
            day += timedelta(days=1)


def test_a_year_without_data_warns(hall: Hall, caplog: pytest.LogCaptureFixture, clock) -> None:
    """2027 and later: a warning, the plain week, never a crash."""
    clock(at(2027, 2, 1))
    calendar._warned.clear()
    with hall.app.app_context(), caplog.at_level(logging.WARNING):
        week_of(hall)
        assert calendar.release() > 0
        assert "no holiday data for 2027" in caplog.text
        assert calendar.years_without_data(date(2026, 12, 1), date(2027, 3, 1)) == [2026, 2027]
        assert calendar.kind_of(date(2027, 2, 5), None) == DayKind.WORKDAY
        assert calendar.workdays_later(at(2027, 2, 5), 1) == at(2027, 2, 8)


def test_an_administrators_day_stays(hall: Hall) -> None:
    """The State Council's notice entered by hand is not overwritten by the package."""
    with hall.app.app_context():
        calendar.set_day(date(2026, 10, 1), DayKind.WORKDAY, "本区值班")
        calendar.load_year(2026)
        assert calendar.days(date(2026, 10, 1), date(2026, 10, 1))[date(2026, 10, 1)].note == "本区值班"
        calendar.set_day(date(2026, 10, 1), None)
        assert calendar.days(date(2026, 10, 1), date(2026, 10, 1)) == {}


def test_slots_over_the_national_holiday(hall: Hall, clock) -> None:
    """2026: 1 to 7 October off, Saturday 10 October worked; Sunday 11 not."""
    clock(at(2026, 9, 30))
    with hall.app.app_context():
        week_of(hall)
        calendar.release()
        assert dates() == [date(2026, 9, 30), date(2026, 10, 8), date(2026, 10, 9), date(2026, 10, 10),
                           date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 14)]  # fmt: skip


def test_days_open_one_by_one_at_the_hour(hall: Hall, clock) -> None:
    """The same run at 07:59 opens nothing new, at 08:00 one more day; a second run makes none twice."""
    with hall.app.app_context():
        calendar.add_template(hall.group, 540, 600, 5, on_holidays=True)
        clock(at(2026, 11, 25, 7, 59))
        calendar.release()
        assert dates()[-1] == date(2026, 12, 8)
        assert calendar.release() == 0
        clock(at(2026, 11, 25, 8, 0))
        assert calendar.release() == 1
        assert dates()[-1] == date(2026, 12, 9)
        assert db.session.scalar(select(func.count()).select_from(Slot)) == 15


def test_a_changed_slot_is_not_made_again(hall: Hall, clock) -> None:
    clock(at(2026, 11, 25))
    with hall.app.app_context():
        calendar.add_template(hall.group, 540, 600, 5, on_holidays=True)
        calendar.release()
        slot = db.session.scalars(select(Slot).order_by(Slot.date)).first()
        slot.closed, slot.capacity = True, 3
        db.session.commit()
        assert calendar.release() == 0


def test_a_closed_day_has_no_slots(hall: Hall, clock) -> None:
    clock(at(2026, 11, 25))
    with hall.app.app_context():
        calendar.set_day(date(2026, 11, 26), DayKind.CLOSED, "系统升级")
        calendar.add_template(hall.group, 540, 600, 5, on_holidays=True)
        calendar.release()
        assert date(2026, 11, 26) not in dates()
        assert date(2026, 11, 27) in dates()
    days = hall.stage.applicant().get(f"/items/{hall.x}/days")["days"]
    assert days[1] == {"date": "2026-11-26", "weekday": "周四", "kind": "closed", "note": "系统升级", "left": 0,
                       "open": False}  # fmt: skip


def test_closing_a_day_that_is_open_already(hall: Hall, clock) -> None:
    """Its slots close, its bookings are cancelled with the reason and count against nobody; then it opens again."""
    clock(at(2026, 11, 25))
    day = date(2026, 11, 26)
    with hall.app.app_context():
        calendar.add_template(hall.group, 540, 600, 5, on_holidays=True)
        calendar.release()
        slot = db.session.scalar(select(Slot.id).where(Slot.date == day))
    booker, holder = hall.people(2)
    booked, held = booker.books(slot, hall.x), holder.holds(slot, hall.x)
    with hall.app.app_context():
        calendar.set_day(day, DayKind.CLOSED, "系统升级")
        assert jobs.run_pending() == 1
    mine = booker.get(f"/bookings/{booked['id']}")
    assert (mine["state"], mine["reason"]) == ("cancelled", "该时段停止服务，请重新预约")
    assert holder.get(f"/bookings/{held['id']}")["state"] == "expired"
    status, body = holder.try_("POST", f"/slots/{slot}/hold", {"item_id": hall.x})
    assert (status, body["error"]["code"]) == (409, "slot_closed")
    assert hall.left(slot) == 5
    with hall.app.app_context():
        calendar.set_day(day, None)
    assert holder.books(slot, hall.x)["warnings"] == []
    hall.sound()


def test_two_releases_at_once_make_each_slot_once(any_hall: Hall) -> None:
    from tests.booking.conftest import together

    any_hall.do(lambda: calendar.add_template(any_hall.group, 540, 600, 5, on_holidays=True).id)
    results = together([lambda: any_hall.do(calendar.release) for _ in range(6)])
    assert [r for r in results if isinstance(r, Exception)] == []
    doubled = select(Slot.date).group_by(Slot.date).having(func.count() > 1)
    assert any_hall.do(lambda: list(db.session.scalars(doubled))) == []


@pytest.mark.parametrize("bad", [(600, 540, 5), (540, 540, 5), (-1, 60, 5), (0, 1441, 5), (540, 600, 0)])
def test_a_bad_template_is_refused(hall: Hall, bad: tuple[int, int, int]) -> None:
    with hall.app.app_context(), pytest.raises(BadTemplate):
        calendar.add_template(hall.group, *bad)


def test_five_workdays_over_a_holiday(hall: Hall) -> None:
    """A suspension of five workdays from 30 September 2026 ends on 13 October: seven days off, one Saturday worked."""
    with hall.app.app_context():
        calendar.load_year(2026)
        assert calendar.workdays_later(at(2026, 9, 30, 15, 30), 5) == at(2026, 10, 13, 15, 30)
        assert (
            db.session.scalar(select(CalendarDay.note).where(CalendarDay.date == date(2026, 10, 10)))
            == "国庆节调休上班"
        )


def test_service_hours(hall: Hall) -> None:
    """Whether a group serves now: one of its slots is running."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    hall.slot(0, start_at=start, end_at=start + timedelta(hours=1))
    assert hall.do(lambda: calendar.in_service_hours(hall.group))
    assert not hall.do(lambda: calendar.in_service_hours("nobody"))
