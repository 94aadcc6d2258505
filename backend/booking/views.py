"""What clients see of days, slots and bookings. Lists and holds look at slots through the same query (P5)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from backend.booking import calendar, rules
from backend.booking.machine import ACTIVE, State
from backend.booking.models import Booking, Slot
from backend.catalog import service as catalog
from backend.catalog.models import Item
from backend.platform.auth import Actor
from backend.platform.clock import now, today
from backend.platform.db import db
from backend.platform.settings import settings

Extra = Callable[[list[str]], dict[str, dict[str, Any]]]
_extras: list[Extra] = []


def booking_extra(provider: Extra) -> Extra:
    """The session feature says here, for booking ids, {id: {"session_id", "actions"}}: booking can't know sessions."""
    _extras[:] = [provider]
    return provider


def offered(item: Item) -> ColumnElement[bool]:
    """Slots of an item: those of its group, or its own where it has some."""
    if item.own_slots:
        return Slot.item_id == item.id
    return and_(Slot.skill_group_id == item.skill_group_id, Slot.item_id.is_(None))


def days(item_id: str) -> list[dict[str, Any]]:
    """Every day that can be looked at, today first, with what is left and why a day has nothing (guide row S11)."""
    item = catalog.get_item(item_id)
    first, last = today(), calendar.last_open_day()
    query = select(
        Slot.date,
        func.sum(case((Slot.closed, 0), (Slot.end_at <= now(), 0), else_=Slot.capacity - Slot.booked)),
    )
    query = query.where(offered(item), Slot.date.between(first, last), Slot.released_at <= now()).group_by(
        Slot.date
    )
    left: dict[date, int] = dict(db.session.execute(query).all())
    special = calendar.days(first, last)
    found = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        row = special.get(day)
        found.append(
            {
                "date": day, "weekday": rules.weekday_text(day), "kind": calendar.kind_of(day, row),
                "note": row.note if row else "", "left": int(left.get(day) or 0), "open": day in left,
            }
        )  # fmt: skip
    return found


def slots(item_id: str, day: date, user_id: str | None = None) -> list[dict[str, Any]]:
    """The slots of a day with what is left of each, and which one is the caller's (guide row S12)."""
    item = catalog.get_item(item_id)
    query = select(Slot).where(offered(item), Slot.date == day, Slot.released_at <= now())
    rows = list(db.session.scalars(query.order_by(Slot.start_at, Slot.end_at, Slot.id)))
    mine: set[str] = set()
    if user_id:
        held = select(Booking.slot_id).where(Booking.user_id == user_id, Booking.state.in_(ACTIVE))
        mine = set(
            db.session.scalars(held.where(Booking.start_at < _end(rows), Booking.end_at > _start(rows)))
        )
    return [slot_view(row, mine=row.id in mine) for row in rows]


def _start(rows: list[Slot]) -> Any:
    return min((r.start_at for r in rows), default=now())


def _end(rows: list[Slot]) -> Any:
    return max((r.end_at for r in rows), default=now())


def slot_view(slot: Slot, *, mine: bool = False) -> dict[str, Any]:
    left = slot.capacity - slot.booked
    if mine:
        state = "mine"
    elif slot.end_at <= now():
        state = "past"
    elif slot.closed:
        state = "closed"
    else:
        state = "open" if left else "full"
    return {
        "id": slot.id, "date": slot.date, "start_at": slot.start_at, "end_at": slot.end_at, "capacity": slot.capacity,
        "time": rules.clock_text(slot.start_at, slot.end_at), "left": left, "state": state, "v": slot.version,
    }  # fmt: skip


def bookings(user_id: str, *, limit: int = 100) -> list[dict[str, Any]]:
    """预约记录: what is to come first, then the past; holds that were given up or ran out are not shown."""
    gone = (State.EXPIRED, State.RELEASED)
    query = select(Booking).where(Booking.user_id == user_id, Booking.state.not_in(gone))
    active = case((Booking.state.in_(ACTIVE), 0), else_=1)
    rows = list(db.session.scalars(query.order_by(active, Booking.start_at.desc(), Booking.id).limit(limit)))
    coming = [b for b in rows if b.state in ACTIVE]
    return render([*reversed(coming), *rows[len(coming):]])  # fmt: skip


def booking(row: Booking) -> dict[str, Any]:
    return render([row])[0]


def render(rows: list[Booking]) -> list[dict[str, Any]]:
    """Bookings as clients see them, with one query for the names and one for the sessions."""
    names = catalog.names(list({row.item_id for row in rows}))
    ids = [row.id for row in rows if row.state not in (State.HELD, State.EXPIRED, State.RELEASED)]
    extras = _extras[0](ids) if _extras and ids else {}
    return [one(row, names.get(row.item_id, ""), extras.get(row.id)) for row in rows]


def one(row: Booking, item_name: str, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    present, extra = now(), extra or {}
    day = rules.day_of(row.start_at)
    gate = queue_gate(row)
    held = row.state == State.HELD and row.held_until is not None
    return {
        "id": row.id,
        "state": row.state,
        "item": {"id": row.item_id, "name": item_name},
        "slot": {
            "id": row.slot_id, "date": day, "weekday": rules.weekday_text(day),
            "time": rules.clock_text(row.start_at, row.end_at), "start_at": row.start_at, "end_at": row.end_at,
        },
        "held_until": row.held_until if held else None,
        "seconds_left": max(0, int((row.held_until - present).total_seconds())) if held and row.held_until else None,
        "queue": gate,
        "actions": [*actions(row, gate["enabled"]), *extra.get("actions", [])],
        "session_id": extra.get("session_id"),
        "reason": WHY.get(row.reason or "", row.reason),
        "created_at": row.created_at,
    }  # fmt: skip


def actions(row: Booking, may_queue: bool) -> list[str]:
    """What the applicant may do with a booking now."""
    if row.state == State.HELD:
        return ["confirm", "release"]
    if row.state != State.BOOKED:
        return []
    early = ["cancel", "reschedule"] if now() < row.start_at else []
    return [*early, *(["queue"] if may_queue else [])]


def window(row: Booking) -> rules.Window:
    return rules.window(
        row.start_at, row.end_at, settings().queue_early_minutes, settings().queue_late_minutes
    )


REASONS = {
    State.HELD: "请先确认预约", State.QUEUED: "您已在排队或办理中", State.SERVED: "该预约已办理",
    State.CANCELLED: "该预约已取消", State.MISSED: "该预约已爽约", State.EXPIRED: "名额保留已超时",
    State.RELEASED: "您已放弃该名额",
}  # fmt: skip


# Reasons of our own, nobody's fault, in words; an applicant's own words stay.
LAPSED, CLOSED, MERGED = "left_queue", "slot_closed", "merged"
WHY = {
    LAPSED: "您离开排队后未再办理，预约时段已结束", CLOSED: "该时段停止服务，请重新预约",
    MERGED: "账号合并时与另一预约重复",
}  # fmt: skip


def queue_gate(row: Booking) -> dict[str, Any]:
    """Whether one may queue with a booking now, else why not and from when (guide rows S14, S38)."""
    frame = window(row)
    reason = frame.reason(now()) if row.state == State.BOOKED else REASONS[State(row.state)]
    return {
        "enabled": reason is None,
        "reason": reason,
        "opens_at": frame.opens_at,
        "closes_at": frame.closes_at,
    }


def of_item(user_id: str, item_id: str) -> Booking | None:
    """The user's confirmed booking of an item that is still to be used."""
    query = select(Booking).where(Booking.user_id == user_id, Booking.item_id == item_id)
    query = query.where(Booking.state.in_(["booked", "queued"]))
    return db.session.scalars(query).first()


@catalog.queue_mode
def queue_mode(item: Item, actor: Actor | None) -> dict[str, Any]:
    """进入排队 behind an item's 视频办 link (guide row S14)."""
    row = of_item(actor.id, item.id) if actor and not actor.staff else None
    if row is None:
        reason = "请先预约" if actor else "登录并预约后可以排队"
        return {"enabled": False, "reason": reason, "opens_at": None, "booking_id": None}
    gate = queue_gate(row)
    return {
        "enabled": gate["enabled"],
        "reason": gate["reason"],
        "opens_at": gate["opens_at"],
        "booking_id": row.id,
    }
