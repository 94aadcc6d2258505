"""Places of slots: counted and given back by one guarded statement each (taken: taking.py), on both databases.

Order of locks, so that no two transactions wait for each other: the user, then bookings, then slots by id.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update

from backend.booking.machine import State
from backend.booking.models import Booking, Slot
from backend.platform.db import after_commit, db
from backend.realtime.bus import publish

S = State

_LOCK_USER = text("SELECT pg_advisory_xact_lock(hashtextextended(:user, 0))")


def postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


def lock_user(user_id: str) -> None:
    """One thing at a time for one user, so that two presses can't take two slots at the same hour (S04)."""
    if postgres():  # SQLite's transaction has the only write lock already
        db.session.execute(_LOCK_USER, {"user": user_id})


def lock_slots(slot_ids: Iterable[str]) -> None:
    """Take the row locks of several slots in one order (foreign keys may look at them meanwhile)."""
    if postgres() and (ids := sorted(set(slot_ids))):
        db.session.execute(
            select(Slot.id).where(Slot.id.in_(ids)).order_by(Slot.id).with_for_update(key_share=True)
        )


def add(slot_id: str, now: datetime) -> bool:
    """Count one more booking of a slot (a booking that moves there). False when it is full, closed or over."""
    statement = update(Slot).where(
        Slot.id == slot_id, Slot.booked < Slot.capacity, ~Slot.closed, Slot.end_at > now
    )
    return _change(statement, +1)


def give_back(slot_ids: Iterable[str]) -> None:
    """Give back one place for each entry of `slot_ids`; open pages hear of it after commit (P3)."""
    counted = Counter(slot_ids)
    if len(counted) > 1:
        lock_slots(counted)
    for slot_id, places in sorted(counted.items()):
        _change(update(Slot).where(Slot.id == slot_id), -places)


def set_closed(slot_id: str, closed: bool) -> None:
    """Stop or resume the booking of a slot; open pages hear of it after commit."""
    _change(update(Slot).where(Slot.id == slot_id).values(closed=closed), 0)


def _change(statement: Any, by: int) -> bool:
    statement = statement.values(booked=Slot.booked + by, version=Slot.version + 1).returning(
        Slot.id, Slot.skill_group_id, Slot.item_id, Slot.capacity, Slot.booked, Slot.version, Slot.closed
    )
    db.session.flush()
    rows = db.session.execute(statement, execution_options={"synchronize_session": False}).all()
    announce(rows)
    return bool(rows)


def end_holds(
    now: datetime, *, slot_id: str | None = None, user_id: str | None = None, limit: int = 500
) -> list[str]:
    """End holds that ran out (of one slot and of one user, or of all); the slots whose places are to be given back.

    A hold that another process is ending is left to it: that process gives the place back itself.
    """
    due = select(Booking.id).where(Booking.state == S.HELD, Booking.held_until <= now)
    if slot_id or user_id:
        due = due.where((Booking.slot_id == slot_id) | (Booking.user_id == user_id))
    ids = list(db.session.scalars(due.order_by(Booking.id).limit(limit).with_for_update(skip_locked=True)))
    if not ids:
        return []
    statement = (
        update(Booking)
        .where(Booking.id.in_(ids), Booking.state == S.HELD)
        .values(state=S.EXPIRED, ended_at=now)
        .returning(Booking.slot_id)
        .execution_options(synchronize_session=False)
    )
    slots = list(db.session.scalars(statement))
    db.session.expire_all()
    return slots


def announce(rows: Iterable[Any]) -> None:
    """Tell open pages, after commit, what is left (guide row S12). Carries counts only: anyone may listen."""
    rooms: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        rooms.setdefault(room(row.skill_group_id, row.item_id), []).append(wire(row))
    for name, slots in rooms.items():
        message = {"t": "slots", "room": name, "slots": slots}
        after_commit(lambda name=name, message=message: publish(name, message))  # type: ignore[misc]


def room(skill_group_id: str, item_id: str | None) -> str:
    """Where the slots of a group, or of an item with its own slots, are announced."""
    return f"slots:{item_id or skill_group_id}"


def wire(row: Any) -> dict[str, Any]:
    """A slot as it is announced. `v` rises with each change: a page drops what is older than what it shows."""
    left = row.capacity - row.booked
    return {
        "id": row.id,
        "left": left,
        "state": "closed" if row.closed else "open" if left else "full",
        "v": row.version,
    }
