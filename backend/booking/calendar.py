"""Which days are worked, and the slots that follow from the weekly templates (domain rule 2)."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import chinese_calendar
from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.dialects import postgresql, sqlite

from backend.booking import places, rules
from backend.booking.errors import BadTemplate
from backend.booking.models import CalendarDay, DayKind, Slot, SlotTemplate
from backend.platform.clock import now, shanghai, today
from backend.platform.db import db, unit_of_work
from backend.platform.ids import new_id
from backend.platform.jobs import enqueue
from backend.platform.settings import settings

log = logging.getLogger(__name__)

# What chinesecalendar 1.11 knows; later years are entered from the State Council's notice.
KNOWN_YEARS = range(2004, 2027)
NAMES = {
    "New Year's Day": "元旦", "Spring Festival": "春节", "Tomb-sweeping Day": "清明节", "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节", "Mid-autumn Festival": "中秋节", "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}  # fmt: skip
SUFFIX = {DayKind.MAKEUP: "调休上班"}
_warned: set[int] = set()


def load_year(year: int) -> bool:
    """Put a year's holidays and make-up workdays into the calendar; days that an administrator set stay as they are.

    False, with a warning in the log, when nothing is known of the year: it then runs by the plain week.
    """
    if year not in KNOWN_YEARS:
        if year not in _warned:  # once for each process: the release asks every minute
            log.warning(
                "no holiday data for %s: enter the State Council's notice, else the plain week counts", year
            )
            _warned.add(year)
        return False
    found = [
        (day, DayKind.HOLIDAY, name) for day, name in chinese_calendar.holidays.items() if day.year == year
    ]
    found += [
        (day, DayKind.MAKEUP, name) for day, name in chinese_calendar.workdays.items() if day.year == year
    ]
    rows = [
        {
            "id": new_id(),
            "date": day,
            "kind": kind.value,
            "note": NAMES.get(name, name) + SUFFIX.get(kind, ""),
        }
        for day, kind, name in found
    ]
    with unit_of_work():  # a day that is there already, or that another process adds at this moment, stays
        db.session.execute(_insert_ignoring(CalendarDay), rows)
    return True


def years_without_data(first: date, last: date) -> list[int]:
    """Years between two days that the calendar knows no holiday of: an administrator has to enter them."""
    query = select(CalendarDay.date).where(CalendarDay.kind == DayKind.HOLIDAY)
    return [
        y
        for y in range(first.year, last.year + 1)
        if db.session.scalars(query.where(_in_year(y))).first() is None
    ]


def _in_year(year: int) -> ColumnElement[bool]:
    return CalendarDay.date.between(date(year, 1, 1), date(year, 12, 31))


def days(first: date, last: date) -> dict[date, CalendarDay]:
    """What the calendar says of the days from `first` to `last`."""
    query = select(CalendarDay).where(CalendarDay.date.between(first, last))
    return {row.date: row for row in db.session.scalars(query)}


def kind_of(day: date, row: CalendarDay | None) -> str:
    """workday, weekend, holiday, makeup or closed."""
    if row:
        return row.kind
    return DayKind.WORKDAY if day.weekday() < 5 else "weekend"


def set_day(day: date, kind: DayKind | None, note: str = "") -> None:
    """An administrator's word on a day; None takes it back to the plain week.

    Slots that are open already follow: those of a closed day are closed, its bookings are cancelled by a job.
    """
    with unit_of_work():
        row = db.session.scalars(select(CalendarDay).where(CalendarDay.date == day)).first()
        if row and kind is None:
            db.session.delete(row)
        elif row:
            row.kind, row.note = kind or row.kind, note
        elif kind:
            db.session.add(CalendarDay(date=day, kind=kind, note=note))
        db.session.flush()
        _follow(day, kind)


def _follow(day: date, kind: DayKind | None) -> None:
    """Close or open the slots of a day as their templates now say."""
    query = (
        select(Slot, SlotTemplate)
        .join(SlotTemplate, SlotTemplate.id == Slot.template_id)
        .where(Slot.date == day)
    )
    changed = [
        (slot.id, slot.closed)
        for slot, t in db.session.execute(query.order_by(Slot.id))
        if slot.closed == rules.runs_on(rules.Week(t.weekday, t.on_holidays), day, kind)
    ]
    for slot_id, was_closed in changed:
        places.set_closed(slot_id, not was_closed)
    if any(not was_closed for _, was_closed in changed):
        enqueue("booking.cancel_closed", day.isoformat())


def workdays_later(moment: datetime, workdays: int) -> datetime:
    """The same hour in Shenzhen, `workdays` working days after `moment`."""
    here = shanghai(moment)
    day, known = here.date(), days(here.date(), here.date() + timedelta(days=workdays * 3 + 30))
    while workdays > 0:
        day += timedelta(days=1)
        workdays -= kind_of(day, known.get(day)) in (DayKind.WORKDAY, DayKind.MAKEUP)
    return rules.at_minute(day, here.hour * 60 + here.minute) + timedelta(seconds=here.second)


def add_template(
    skill_group_id: str,
    start_minute: int,
    end_minute: int,
    capacity: int,
    *,
    weekday: int | None = None,
    on_holidays: bool = False,
    item_id: str | None = None,
) -> SlotTemplate:
    """A slot of the week; minutes from midnight in Shenzhen. Raises BadTemplate."""
    if not (0 <= start_minute < end_minute <= 1440 and 0 < capacity <= 10_000):
        raise BadTemplate()
    if weekday is not None and not 0 <= weekday <= 6:
        raise BadTemplate()
    with unit_of_work():
        row = SlotTemplate(
            skill_group_id=skill_group_id, item_id=item_id, weekday=weekday, on_holidays=on_holidays,
            start_minute=start_minute, end_minute=end_minute, capacity=capacity,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
    return row


def release() -> int:
    """放号: make the slots of every day that is open by now. Safe to run twice, and in two processes.

    A slot is made once for its template and day: one that was changed or closed by hand is never made anew.
    """
    first, last = today(), rules.last_released(now(), settings().release_days, settings().release_hour)
    for year in {first.year, last.year}:
        if not db.session.scalars(select(CalendarDay.id).where(_in_year(year))).first():
            load_year(year)
    with unit_of_work():
        missing = list(_missing(first, last))
        if missing:
            db.session.execute(_insert_ignoring(Slot), missing)
    return len(missing)


def _missing(first: date, last: date) -> Iterable[dict[str, object]]:
    made = set(db.session.execute(select(Slot.template_id, Slot.date).where(Slot.date >= first)))
    special = days(first, last)
    templates = list(
        db.session.scalars(select(SlotTemplate).where(SlotTemplate.active).order_by(SlotTemplate.id))
    )
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        row = special.get(day)
        for t in templates:
            if (t.id, day) in made or not rules.runs_on(
                rules.Week(t.weekday, t.on_holidays), day, row.kind if row else None
            ):
                continue
            yield {
                "id": new_id(), "skill_group_id": t.skill_group_id, "item_id": t.item_id, "template_id": t.id,
                "date": day, "start_at": rules.at_minute(day, t.start_minute),
                "end_at": rules.at_minute(day, t.end_minute), "capacity": t.capacity, "released_at": now(),
                "booked": 0, "version": 0, "closed": False,
            }  # fmt: skip


def _insert_ignoring(model: type[Slot] | type[CalendarDay]) -> postgresql.Insert | sqlite.Insert:
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    return insert(model).on_conflict_do_nothing()


def last_open_day() -> date:
    """The last day whose slots are open."""
    return rules.last_released(now(), settings().release_days, settings().release_hour)


def in_service_hours(skill_group_id: str) -> bool:
    """Whether the group serves at this moment: one of its slots is running (domain rule 12)."""
    query = select(Slot.id).where(Slot.skill_group_id == skill_group_id, ~Slot.closed)
    return (
        db.session.scalars(query.where(Slot.start_at <= now(), Slot.end_at > now()).limit(1)).first()
        is not None
    )


def open_slots(day: date) -> list[Row]:
    """Slots of a day with their load, for the administrator."""
    query = select(
        Slot.id, Slot.skill_group_id, Slot.start_at, Slot.end_at, Slot.capacity, Slot.booked, Slot.closed
    )
    return list(db.session.execute(query.where(Slot.date == day).order_by(Slot.start_at, Slot.id)))


def count_slots() -> int:
    return db.session.scalar(select(func.count()).select_from(Slot)) or 0
