"""Places of slots: taken and given back by one guarded statement each, on SQLite and PostgreSQL.

Order of locks, so that no two transactions wait for each other: the user, then bookings, then slots by id.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.errors import DivisionByZero
from sqlalchemy import BindParameter, Boolean, String, bindparam, select, text, update

from backend.booking.machine import State
from backend.booking.models import ACTIVE_SQL, Booking, Slot
from backend.platform import swift
from backend.platform.db import UTCDateTime, after_commit, db
from backend.realtime.bus import publish

S = State

_LOOK = text(f"""
    SELECT slot.start_at, slot.end_at, slot.closed, slot.booked >= slot.capacity AS is_full,
           item.name AS item_name, item.video_enabled, mine.id AS mine,
           slot.booked >= slot.capacity AND EXISTS (
               SELECT 1 FROM booking old WHERE old.slot_id = slot.id AND old.state = 'held' AND old.held_until <= :now
           ) AS stale
    FROM slot
    JOIN item ON item.id = :item AND item.active AND item.skill_group_id = slot.skill_group_id
         AND (slot.item_id = item.id OR slot.item_id IS NULL AND NOT item.own_slots)
    LEFT JOIN booking mine ON mine.slot_id = slot.id AND mine.user_id = :user AND mine.{ACTIVE_SQL}
    WHERE slot.id = :slot AND slot.released_at <= :now
""").columns(start_at=UTCDateTime, end_at=UTCDateTime, closed=Boolean, is_full=Boolean, stale=Boolean)  # noqa: S608
_LOOK = _LOOK.bindparams(bindparam("now", type_=UTCDateTime))

# The booking is written first: the wait for a hot slot's row then covers the counter and the commit only.
_WRITE = f"""
    INSERT INTO booking (id, user_id, item_id, slot_id, state, start_at, end_at, created_at, held_until, moved)
    SELECT :id, :user, :item, slot.id, 'held', slot.start_at, slot.end_at, :now, :until, 0 FROM slot
    WHERE slot.id = :slot AND slot.booked < slot.capacity AND NOT slot.closed AND slot.end_at > :now
      AND NOT EXISTS (SELECT 1 FROM booking mine WHERE mine.user_id = :user AND mine.{ACTIVE_SQL}
                      AND mine.start_at < slot.end_at AND mine.end_at > slot.start_at)
    ON CONFLICT DO NOTHING RETURNING slot_id
"""  # noqa: S608
_COUNT = "UPDATE slot SET booked = booked + 1, version = version + 1"
_FREE = "slot.booked < slot.capacity AND NOT slot.closed"
_BACK = "RETURNING slot.id, slot.skill_group_id, slot.item_id, slot.capacity, slot.booked, slot.version, slot.closed"

_TYPES: list[BindParameter[Any]] = [bindparam(name, type_=UTCDateTime) for name in ("now", "until")]
_TYPES += [bindparam(name, type_=String) for name in ("id", "user", "item", "slot")]
_ONE_STATEMENT = text(
    f"WITH made AS ({_WRITE}) {_COUNT} FROM made WHERE slot.id = made.slot_id AND {_FREE} {_BACK}"
).bindparams(*_TYPES)
# The same, and a fault where a booking was written that no place is counted for.
_ONE_OR_FAULT = text(
    f"WITH made AS ({_WRITE}), counted AS ({_COUNT} FROM made WHERE slot.id = made.slot_id AND {_FREE} {_BACK}) "  # noqa: S608
    "SELECT counted.*, 1 / CASE WHEN counted.id IS NULL THEN 0 ELSE 1 END AS sound "
    "FROM made LEFT JOIN counted ON counted.id = made.slot_id"
).bindparams(*_TYPES)
_WRITE_ONLY = text(_WRITE).bindparams(*_TYPES)
_COUNT_ONLY = text(f"{_COUNT} WHERE id = :slot AND {_FREE} {_BACK}")
_UNWRITE = text("DELETE FROM booking WHERE id = :id")
_LOCK_USER = text("SELECT pg_advisory_xact_lock(hashtextextended(:user, 0))")


@dataclass(frozen=True)
class Hold:
    """What to write for a place that is taken."""

    id: str
    user: str
    item: str
    slot: str
    now: datetime
    until: datetime


def look(user_id: str, slot_id: str, item_id: str, now: datetime) -> Any | None:
    """A slot as a hold of `item_id` needs to know it, with the user's own active booking there; None: not offered."""
    values = {"user": user_id, "slot": slot_id, "item": item_id, "now": now}
    if swift.available():
        return swift.read_one(_LOOK, values)
    return db.session.execute(_LOOK, values).first()


def postgres() -> bool:
    return db.engine.dialect.name == "postgresql"


def lock_user(user_id: str) -> None:
    """One thing at a time for one user, so that two presses can't take two slots at the same hour (S04)."""
    if postgres():  # SQLite's transaction has the only write lock already
        db.session.execute(_LOCK_USER, {"user": user_id})


def take_swiftly(hold: Hold) -> bool:
    """Take a place in one round trip, as a transaction by itself (PostgreSQL, outside a unit of work).

    False: it was not to be had at once, nothing is written, and the caller looks why.
    """
    try:
        row = swift.write_together((_LOCK_USER, {"user": hold.user}), (_ONE_OR_FAULT, vars(hold)))
    except DivisionByZero:  # written, but the last place went to somebody else meanwhile: all undone
        return False
    if row is None:
        return False
    announce([row])
    return True


def take(hold: Hold) -> bool:
    """Take a place: booking and counter together or neither. False: full, closed, or the user's own booking forbids.

    Raises nothing on a lost race; then nothing is written.
    """
    values = vars(hold)
    if postgres():
        row = db.session.execute(_ONE_STATEMENT, values).one_or_none()
    else:
        made = db.session.execute(_WRITE_ONLY, values).one_or_none()
        row = db.session.execute(_COUNT_ONLY, {"slot": hold.slot}).one_or_none() if made else None
    if row is None:
        db.session.execute(
            _UNWRITE, {"id": hold.id}
        )  # written, but the last place went to somebody else meanwhile
        return False
    announce([row])
    return True


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
