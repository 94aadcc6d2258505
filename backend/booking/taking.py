"""Looking at a place and taking it: booking and counter together or neither, on SQLite and PostgreSQL.

On PostgreSQL the holds of one moment are looked at by one read and written by one transaction, so that the row of a
hot slot is waited for once for all of them (group commit).
"""

import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Boolean, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import TextualSelect

from backend.booking.errors import NotBookable, SlotNotFound
from backend.booking.models import ACTIVE_SQL
from backend.booking.places import announce, postgres
from backend.platform import swift
from backend.platform.db import UTCDateTime, db, unit_of_work
from backend.platform.together import Together

log = logging.getLogger(__name__)

LOCK_WAIT = "1s"  # a user whose other press takes longer does not keep the rest waiting


@dataclass(frozen=True)
class Hold:
    """What to write for a place that is taken."""

    id: str
    user: str
    item: str
    slot: str
    now: datetime
    until: datetime


class Asked(NamedTuple):
    """`seen`: the slot as the hold's item needs to know it, None when it is not offered; `taken`: it is written."""

    seen: Any | None
    taken: bool


def ask(hold: Hold) -> Asked:
    """Look at a place, and take it if nothing stands in the way and that can be done at once.

    Not taken: nothing is written, and the caller says why or tries with `take`.
    """
    if swift.available():
        return _desk.ask(hold)
    seen = look(hold.user, hold.slot, hold.item, hold.now)
    if postgres():  # inside a transaction already, where a vain try would keep the slot's row locked
        return Asked(seen, False)
    with unit_of_work():
        return Asked(seen, seen is not None and _open(seen, hold) and take(hold))


def look(user_id: str, slot_id: str, item_id: str, now: datetime) -> Any | None:
    """A slot as a hold needs to know it, with the user's own active booking there; None: not offered."""
    values = {"id": "", "user": user_id, "slot": slot_id, "item": item_id, "now": now, "until": now}
    return db.session.execute(_LOOK_ONE, values).first()


def offered(seen: Any | None) -> Any:
    """What was seen of a slot, if the item is offered there."""
    if seen is None:
        raise SlotNotFound()
    if not seen.video_enabled:
        raise NotBookable()
    return seen


def take(hold: Hold) -> bool:
    """Take a place, inside a unit of work that has locked its slot (places.lock_slots).

    False: full, closed, over, or the user's own booking forbids.
    """
    if postgres():
        rows = db.session.execute(_TAKE_MANY, _listed([hold])).all()
        announce(rows)
        return bool(rows)
    made = db.session.execute(_TAKE_ONE, asdict(hold)).first()
    row = db.session.execute(_COUNT_ONE, {"slot": hold.slot}).one_or_none() if made else None
    announce([row] if row else [])
    return row is not None


# --- many at once (PostgreSQL) --------------------------------------------------------------------------


def _serve(holds: list[Hold]) -> list[Asked]:
    values = _listed(holds)
    seen = {row.n: row for row in swift.read(_LOOK_MANY, values)}
    users: set[str] = set()  # one hold of each: two of one user might overlap, and do not see each other
    chosen = []
    for n, hold in enumerate(holds):
        if n in seen and _open(seen[n], hold) and hold.user not in users:
            users.add(hold.user)
            chosen.append(hold)
    try:
        taken = _take_many(chosen) if chosen else set()
    except DBAPIError as fault:  # one of them can't be written, or its lock is not to be had: each tries by itself
        log.info("holds of one moment not written together: %s", fault.orig)
        taken = set()
    return [Asked(seen.get(n), hold.id in taken) for n, hold in enumerate(holds)]


def _open(seen: Any, hold: Hold) -> bool:
    return seen.end_at > hold.now and seen.video_enabled and not (seen.mine or seen.closed or seen.is_full)


def _take_many(holds: list[Hold]) -> set[str]:
    """Write what can be written of the holds, as one transaction; the ids of those that were."""
    values = _listed(holds)
    rows = swift.write_together((_WAIT, {"time": LOCK_WAIT}), (_LOCK_USERS, values), (_TAKE_MANY, values))
    announce({row.id: row for row in rows}.values())
    return {row.made for row in rows}


_desk = Together(_serve)


def _listed(holds: list[Hold]) -> dict[str, Any]:
    """One value for all holds: a tenth of the work that an array for each column is."""
    return {"holds": orjson.dumps(holds).decode()}


# --- statements -----------------------------------------------------------------------------------------
# They are put together from the constants of this file alone (S608); what callers give is bound.

_ONE = """(SELECT 0 AS n, CAST(:id AS text) AS id, CAST(:user AS text) AS user_id, CAST(:item AS text) AS item_id,
    CAST(:slot AS text) AS slot_id, :now AS at, :until AS until)"""
_MANY = """(SELECT n - 1 AS n, id, user_id, item_id, slot_id, at, until
    FROM ROWS FROM (json_to_recordset(CAST(:holds AS json)) AS (
        id text, "user" text, item text, slot text, now timestamptz, until timestamptz))
    WITH ORDINALITY AS listed (id, user_id, item_id, slot_id, at, until, n))"""


def _typed(statement: str) -> TextClause:
    clause = text(statement)
    return clause.bindparams(*(bindparam(n, type_=UTCDateTime) for n in ("now", "until") if n in clause._bindparams))


def _mine(condition: str) -> str:
    """An active booking of the user, looked up user by user whatever the planner thinks: a slot has many."""
    where = f"mine.user_id = asked.user_id AND mine.{ACTIVE_SQL} AND {condition}"
    return f"(SELECT mine.id FROM booking mine WHERE {where} LIMIT 1)"  # noqa: S608


def _look(asked: str) -> TextualSelect:
    statement = _typed(f"""
        SELECT asked.n, slot.start_at, slot.end_at, slot.closed, slot.booked >= slot.capacity AS is_full,
               item.name AS item_name, item.video_enabled, {_mine("mine.slot_id = slot.id")} AS mine,
               slot.booked >= slot.capacity AND EXISTS (
                   SELECT 1 FROM booking old
                   WHERE old.slot_id = slot.id AND old.state = 'held' AND old.held_until <= asked.at
               ) AS stale
        FROM {asked} AS asked
        JOIN slot ON slot.id = asked.slot_id AND slot.released_at <= asked.at
        JOIN item ON item.id = asked.item_id AND item.active AND item.skill_group_id = slot.skill_group_id
             AND (slot.item_id = item.id OR slot.item_id IS NULL AND NOT item.own_slots)
    """)  # noqa: S608
    return statement.columns(start_at=UTCDateTime, end_at=UTCDateTime, closed=Boolean, is_full=Boolean, stale=Boolean)


# Who may have a place, in order; a user's bookings at the same hour forbid it (S04).
_FIT = f"""
    SELECT asked.id, asked.user_id, asked.item_id, slot.id AS slot_id, slot.start_at, slot.end_at,
           asked.at, asked.until, slot.capacity - slot.booked AS free,
           row_number() OVER (PARTITION BY slot.id ORDER BY asked.n) AS rank
    FROM {{asked}} AS asked JOIN {{slots}} AS slot ON slot.id = asked.slot_id
    WHERE NOT slot.closed AND slot.end_at > asked.at
      AND {_mine("mine.start_at < slot.end_at AND mine.end_at > slot.start_at")} IS NULL
"""  # noqa: S608
_WRITE = """
    INSERT INTO booking (id, user_id, item_id, slot_id, state, start_at, end_at, created_at, held_until, moved)
    SELECT fit.id, user_id, item_id, slot_id, 'held', start_at, end_at, at, until, 0
    FROM fit WHERE rank <= free ON CONFLICT DO NOTHING RETURNING id, slot_id
"""
_COUNTED = "slot.id, slot.skill_group_id, slot.item_id, slot.capacity, slot.booked, slot.version, slot.closed"

_LOOK_ONE, _LOOK_MANY = _look(_ONE), _look(_MANY)
_TAKE_ONE = _typed(f"WITH fit AS ({_FIT.format(asked=_ONE, slots='slot')}) {_WRITE}")
_COUNT_ONE = text(
    f"UPDATE slot SET booked = booked + 1, version = version + 1 WHERE id = :slot RETURNING {_COUNTED}"  # noqa: S608
)
# Bookings, then slots by id: the order of all locks (places.py). The places were counted without a lock, so another may
# have been faster: then the counter is not raised, and the fault at the end undoes everything.
_TAKE_MANY = text(f"""
    WITH asked AS {_MANY},
         fit AS ({_FIT.format(asked="asked", slots="slot")}),
         made AS ({_WRITE}),
         more AS (SELECT slot_id, count(*) AS places FROM made GROUP BY slot_id),
         locked AS (SELECT id FROM slot WHERE id IN (SELECT slot_id FROM more) ORDER BY id FOR NO KEY UPDATE),
         counted AS (
             UPDATE slot SET booked = slot.booked + more.places, version = slot.version + more.places
             FROM locked JOIN more ON more.slot_id = locked.id
             WHERE slot.id = locked.id AND slot.booked + more.places <= slot.capacity AND NOT slot.closed
             RETURNING {_COUNTED}
         )
    SELECT made.id AS made, counted.*, 1 / CASE WHEN counted.id IS NULL THEN 0 ELSE 1 END AS sound
    FROM made LEFT JOIN counted ON counted.id = made.slot_id
""")  # noqa: S608
_WAIT = text("SELECT set_config('lock_timeout', :time, true)")
_LOCK_USERS = text(f"""
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT hashtextextended(user_id, 0) AS key FROM {_MANY} AS asked ORDER BY key
    ) AS keys
""")  # noqa: S608
