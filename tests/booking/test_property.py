"""Random people press random buttons while the clock runs: the counter is always the number of active bookings."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, func, select, update

from backend.booking import holding, service, sweep
from backend.booking.machine import ACTIVE
from backend.booking.models import Booking, Slot
from backend.booking.rules import at_minute
from backend.platform.db import db, unit_of_work
from backend.platform.errors import DomainError
from backend.platform.ids import new_id
from tests.booking.conftest import Hall

USERS = [f"user-{n}" for n in range(4)]
HOURS = (9, 9.5, 10, 11)  # the second overlaps the first and the third
users, hours = st.sampled_from(USERS), st.sampled_from(range(len(HOURS)))


class Bookings(RuleBasedStateMachine):
    """Holds, confirms, releases, cancels, moves, queues of four people on four small slots and two items."""

    hall: Hall
    slots: list[str]

    @initialize()
    def begin(self) -> None:
        with unit_of_work():
            db.session.execute(delete(Booking))
            db.session.execute(update(Slot).values(booked=0, closed=False, version=0))
        self.travel = time_machine.travel(at_minute(self.hall.day, 530), tick=False)
        self.traveller = self.travel.start()
        self.known: list[tuple[str, str]] = []  # (user, booking)

    def teardown(self) -> None:
        db.session.rollback()
        if hasattr(self, "travel"):
            self.travel.stop()

    def try_(self, verb) -> object:
        """A refusal with a code is fine; anything else is not."""
        try:
            return verb()
        except DomainError as refusal:
            db.session.rollback()
            return refusal.code

    def pick(self, n: int) -> tuple[str, str]:
        return self.known[n % len(self.known)] if self.known else (USERS[0], new_id())

    @rule(user=users, hour=hours, y=st.booleans())
    def hold(self, user: str, hour: int, y: bool) -> None:
        done = self.try_(lambda: holding.hold(user, self.slots[hour], self.hall.y if y else self.hall.x))
        if isinstance(done, tuple):
            self.known.append((user, done[0]["id"]))

    @rule(n=st.integers(0, 30))
    def confirm(self, n: int) -> None:
        self.try_(lambda: service.confirm(*self.pick(n)))

    @rule(n=st.integers(0, 30))
    def release(self, n: int) -> None:
        self.try_(lambda: service.release(*self.pick(n)))

    @rule(n=st.integers(0, 30))
    def cancel(self, n: int) -> None:
        self.try_(lambda: service.cancel(*self.pick(n)))

    @rule(n=st.integers(0, 30), hour=hours)
    def reschedule(self, n: int, hour: int) -> None:
        self.try_(lambda: service.reschedule(*self.pick(n), self.slots[hour]))

    @rule(
        n=st.integers(0, 30), then=st.sampled_from(["back_to_booked", "mark_served", "mark_missed", "stay"])
    )
    def queue(self, n: int, then: str) -> None:
        user, booking = self.pick(n)
        if isinstance(self.try_(lambda: service.for_queue(user, booking)), str):
            return
        self.try_(lambda: service.mark_queued(booking))
        if then != "stay":
            getattr(service, then)(booking)

    @rule(minutes=st.sampled_from([0, 1, 3, 20, 60]))
    def time_passes(self, minutes: int) -> None:
        self.traveller.shift(timedelta(minutes=minutes))

    @rule()
    def sweep(self) -> None:
        sweep.expire_holds()
        sweep.sweep_missed()

    @rule(hour=hours, closed=st.booleans())
    def close(self, hour: int, closed: bool) -> None:
        with unit_of_work():
            db.session.execute(update(Slot).where(Slot.id == self.slots[hour]).values(closed=closed))

    @invariant()
    def counted(self) -> None:
        db.session.rollback()
        query = (
            select(Booking.slot_id, func.count()).where(Booking.state.in_(ACTIVE)).group_by(Booking.slot_id)
        )
        active = dict(db.session.execute(query).all())
        for id_, booked, capacity in db.session.execute(select(Slot.id, Slot.booked, Slot.capacity)).all():
            assert booked == active.get(id_, 0)
            assert 0 <= booked <= capacity

    @invariant()
    def one_place_one_person(self) -> None:
        """Nobody has two active bookings of one slot, of one item, or at one time."""
        rows = list(db.session.scalars(select(Booking).where(Booking.state.in_(ACTIVE))))
        for user in USERS:
            mine = sorted((b for b in rows if b.user_id == user), key=lambda b: b.start_at)
            assert len({b.slot_id for b in mine}) == len({b.item_id for b in mine}) == len(mine)
            assert all(a.end_at <= b.start_at for a, b in pairwise(mine))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_random_presses(kind: str, request: pytest.FixtureRequest) -> None:
    from tests.actors import Stage

    hall = Hall(Stage(request.getfixturevalue("app" if kind == "sqlite" else "pg_app")))
    slots = [hall.slot(hour, capacity=2) for hour in HOURS]

    class Here(Bookings):
        pass

    Here.hall, Here.slots = hall, slots
    with hall.app.app_context():
        run_state_machine_as_test(
            Here,
            settings=settings(
                max_examples=60,
                stateful_step_count=30,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
