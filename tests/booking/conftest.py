"""A hall: items of one group, and slots made as a test wants them."""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import pytest
import time_machine

from backend.booking.models import Booking, Slot
from backend.booking.rules import at_minute
from backend.catalog.models import Category, Item, Region, SkillGroup
from backend.platform.clock import today
from backend.platform.db import db, unit_of_work
from tests.actors import Applicant, Stage
from tests.invariants import slots as broken_slots

T = TypeVar("T")


class Hall:
    """Two items of one skill group, "x" and "y"; `slot(hour, capacity)` makes a slot of one hour on a day to come."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.app = stage, stage.app
        with self.app.app_context(), unit_of_work():
            self.group = self._add(SkillGroup(name="教育服务组")).id
            self.region = self._add(Region(code="440304000", name="区本级", parent_code=None)).code
            self.category = self._add(Category(name="教育")).id
            self.x = self.item("X001", "教师资格认定")
            self.y = self.item("Y001", "就业登记")
        self.day = self.today() + timedelta(days=1)

    def today(self) -> date:
        return today()

    @staticmethod
    def _add(row: T) -> T:
        db.session.add(row)
        db.session.flush()
        return row

    def item(self, code: str, name: str, **values: Any) -> str:
        with unit_of_work():
            return self._add(Item(**{
                "code": code, "name": name, "region_code": self.region, "category_id": self.category,
                "skill_group_id": self.group, "video_enabled": True, "department": "区教育局", **values,
            })).id  # fmt: skip

    def slot(
        self, hour: float, capacity: int = 1, *, day: date | None = None, hours: float = 1, **values: Any
    ) -> str:
        """A released slot at `hour` o'clock in Shenzhen."""
        day = day or self.day
        start, end = at_minute(day, int(hour * 60)), at_minute(day, int((hour + hours) * 60))
        with self.app.app_context(), unit_of_work():
            return self._add(Slot(**{
                "skill_group_id": self.group, "date": day, "start_at": start, "end_at": end, "capacity": capacity,
                "released_at": start - timedelta(days=14), **values,
            })).id  # fmt: skip

    def do(self, verb: Callable[[], T]) -> T:
        with self.app.app_context():
            return verb()

    def left(self, slot_id: str) -> int:
        def read() -> int:
            slot = db.session.get_one(Slot, slot_id, populate_existing=True)
            return slot.capacity - slot.booked

        return self.do(read)

    def bookings(self, slot_id: str, *states: str) -> list[Booking]:
        def read() -> list[Booking]:
            query = db.select(Booking).where(Booking.slot_id == slot_id)
            rows = list(db.session.scalars(query.where(Booking.state.in_(states)) if states else query))
            db.session.expunge_all()
            return rows

        return self.do(read)

    def sound(self) -> None:
        """For every slot: 0 ≤ booked ≤ capacity, and booked is the number of its active bookings."""
        assert self.do(lambda: (db.session.rollback(), broken_slots())[1]) == []

    def people(self, count: int) -> list[Applicant]:
        return [self.stage.applicant(f"张{n}") for n in range(count)]


def together(verbs: Sequence[Callable[[], T]]) -> list[T]:
    """Run all verbs at the same instant, each in a thread; their results. An exception is a result too."""
    results: list[Any] = [None] * len(verbs)
    gate = threading.Barrier(len(verbs))

    def run(n: int) -> None:
        gate.wait(60)
        try:
            results[n] = verbs[n]()
        except Exception as fault:
            results[n] = fault

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(verbs))]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
        assert not t.is_alive(), "stuck"
    return results


@pytest.fixture
def hall(stage: Stage) -> Hall:
    return Hall(stage)


@pytest.fixture
def any_hall(any_stage: Stage) -> Hall:
    """On SQLite and on PostgreSQL: races and invariants."""
    return Hall(any_stage)


@pytest.fixture
def clock() -> Iterator[Callable[[datetime], None]]:
    """Move the clock: `clock(moment)`; it goes on from there."""
    travels: list[time_machine.travel] = []

    def move(to: datetime) -> None:
        if travels:
            travels.pop().stop()
        travels.append(time_machine.travel(to, tick=True))
        travels[-1].start()

    yield move
    for travel in travels:
        travel.stop()
