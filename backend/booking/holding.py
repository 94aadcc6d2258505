"""Keeping a place for two minutes: at once where nothing stands in the way, else by a second try that says why not."""

from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from backend.booking import places, taking, views
from backend.booking.errors import ItemBooked, SlotClosed, SlotFull, SlotOverlap, SlotPast, SlotTwice
from backend.booking.machine import ACTIVE, State, machine
from backend.booking.models import Booking, Slot
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.ids import new_id
from backend.platform.settings import settings


def hold(user_id: str, slot_id: str, item_id: str) -> tuple[dict[str, Any], bool]:
    """Keep a place for two minutes. The booking as clients see it, and whether it is new (a second press is not, S03).

    Another hold of the same item is given up for this one. Raises SlotFull, SlotTwice, ItemBooked, SlotOverlap, …
    """
    present = now()
    until = present + timedelta(seconds=settings().hold_seconds)
    wanted = taking.Hold(new_id(), user_id, item_id, slot_id, present, until)
    asked = taking.ask(wanted)
    seen = taking.offered(asked.seen)
    if not asked.taken:
        if same := _refuse_early(seen, item_id):
            return views.booking(same), False
        with unit_of_work():
            places.lock_user(user_id)
            if same := _second_try(wanted):
                return views.booking(same), False
    return views.one(_as_booking(wanted, seen), seen.item_name), True


def _refuse_early(seen: Any, item_id: str) -> Booking | None:
    """Refuse before anything is written; the caller's own hold of this very place is given again."""
    if seen.mine and (same := _own_place(db.session.get_one(Booking, seen.mine), item_id)):
        return same
    if seen.end_at <= now():
        raise SlotPast()
    if seen.closed:
        raise SlotClosed()
    if seen.is_full and not seen.stale:
        raise SlotFull()
    return None


def _own_place(row: Booking, item_id: str) -> Booking | None:
    """The user has this slot already: a running hold for the same item is returned, anything else refused (S03)."""
    if _ran_out(row):
        return None
    if row.state == State.HELD and row.item_id == item_id:
        return row
    raise SlotTwice(booking_id=row.id)


def _ran_out(row: Booking) -> bool:
    return row.state == State.HELD and row.held_until is not None and row.held_until <= now()


def _second_try(wanted: taking.Hold) -> Booking | None:
    """The place was not to be had at once: clear what is out of date, say what forbids it, or take it after all.

    Returns the user's own hold when it is this very place; raises why not.
    """
    slot = db.session.get_one(Slot, wanted.slot, populate_existing=True)
    freed = places.end_holds(wanted.now, slot_id=slot.id, user_id=wanted.user)
    query = select(Booking).where(Booking.user_id == wanted.user, Booking.state.in_(ACTIVE))
    for row in db.session.scalars(query.execution_options(populate_existing=True)).all():
        if row.slot_id == slot.id and (same := _own_place(row, wanted.item)):
            return same
        if _ran_out(row) or (row.item_id == wanted.item and row.state == State.HELD):
            freed += _give_up(row)
        elif row.item_id == wanted.item:
            raise ItemBooked(booking_id=row.id)
        elif row.start_at < slot.end_at and row.end_at > slot.start_at:
            raise SlotOverlap(booking_id=row.id)
    places.lock_slots([*freed, slot.id])
    places.give_back(freed)
    if taking.take(wanted):
        return None
    if db.session.scalar(select(Slot.closed).where(Slot.id == wanted.slot)):
        raise SlotClosed()
    raise SlotFull()


def _give_up(row: Booking) -> list[str]:
    """End a hold whose owner takes another slot for the same item: the slot that has a place to be given back."""
    try:
        machine.apply(row, "release", "applicant", ended_at=now())
    except NotAllowedNow:  # the sweeper was a moment faster and gives the place back itself
        return []
    return [row.slot_id]


def _as_booking(wanted: taking.Hold, seen: Any) -> Any:
    """The row that was just written, without reading it again."""
    return SimpleNamespace(
        id=wanted.id, item_id=wanted.item, slot_id=wanted.slot, state=State.HELD, created_at=wanted.now,
        start_at=seen.start_at.astimezone(UTC), end_at=seen.end_at.astimezone(UTC), held_until=wanted.until,
        reason=None,
    )  # fmt: skip
