"""The verbs of booking. Session asks here too; nobody else reads these tables."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select, update

from backend.booking import notices, places, rules, taking, views
from backend.booking.calendar import in_service_hours, workdays_later
from backend.booking.errors import (
    BookingNotFound,
    HoldExpired,
    ItemBooked,
    NotBookable,
    NotInSlot,
    SlotClosed,
    SlotFull,
    SlotNotFound,
    SlotOverlap,
    SlotPast,
    SlotTwice,
    TooLateToCancel,
)
from backend.booking.machine import ACTIVE, State, machine
from backend.booking.models import Booking, Slot
from backend.booking.views import booking_extra
from backend.catalog import service as catalog
from backend.catalog.models import Item
from backend.identity import service as identity
from backend.platform.auth import Actor
from backend.platform.clock import now, today
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.ids import new_id
from backend.platform.settings import settings

__all__ = [
    "back_to_booked", "booking_extra", "cancel", "confirm", "for_queue", "get_for", "hold", "in_service_hours",
    "mark_missed", "mark_queued", "mark_served", "release", "reschedule", "view", "workdays_later",
]  # fmt: skip

LAPSED, CLOSED, MERGED = "left_queue", "slot_closed", "merged"  # reasons that are nobody's fault

# --- holding a place --------------------------------------------------------------------------------


def hold(user_id: str, slot_id: str, item_id: str) -> tuple[dict[str, Any], bool]:
    """Keep a place for two minutes. The booking as clients see it, and whether it is new (a second press is not, S03).

    Another hold of the same item is given up for this one. Raises SlotFull, SlotTwice, ItemBooked, SlotOverlap, …
    """
    present = now()
    until = present + timedelta(seconds=settings().hold_seconds)
    wanted = taking.Hold(new_id(), user_id, item_id, slot_id, present, until)
    asked = taking.ask(wanted)
    seen = _offered(asked.seen)
    if not asked.taken:
        if same := _refuse_early(seen, item_id):
            return views.booking(same), False
        with unit_of_work():
            places.lock_user(user_id)
            if same := _second_try(wanted):
                return views.booking(same), False
    return views.one(_as_booking(wanted, seen), seen.item_name), True


def _offered(seen: Any | None) -> Any:
    """What was seen of a slot, if the item is offered there."""
    if seen is None:
        raise SlotNotFound()
    if not seen.video_enabled:
        raise NotBookable()
    return seen


_ACTIVE = [s.value for s in ACTIVE]


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
    query = select(Booking).where(Booking.user_id == wanted.user, Booking.state.in_(_ACTIVE))
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


# --- what its owner does with it ----------------------------------------------------------------------


def get_for(user_id: str, booking_id: str) -> Booking:
    """The user's own booking; another's and a missing one look the same (raises BookingNotFound)."""
    row = db.session.get(Booking, booking_id, populate_existing=True)
    if row is None or row.user_id != user_id:
        raise BookingNotFound()
    return row


def confirm(user_id: str, booking_id: str) -> dict[str, Any]:
    """Make a hold a booking; again and again is no error. Raises HoldExpired when the two minutes are over."""
    with unit_of_work():
        row = get_for(user_id, booking_id)
        if row.state == State.HELD:
            _confirm(row)
            notices.made(row)
        elif row.state in (State.EXPIRED, State.RELEASED):
            raise HoldExpired()
        elif row.state != State.BOOKED:
            raise NotAllowedNow(state=row.state)
        return {**views.booking(row), "warnings": rules.warnings(_habits(row))}


def _confirm(row: Booking) -> None:
    present = now()
    try:
        machine.apply(row, "confirm", "applicant", booked_at=present, where=[Booking.held_until > present])
    except NotAllowedNow:
        raise HoldExpired() from None


def _habits(row: Booking) -> rules.Habits:
    month, day = now() - timedelta(days=30), rules.at_minute(today(), 0)
    mine = select(func.count()).select_from(Booking).where(Booking.user_id == row.user_id)

    def count(*conditions: Any) -> int:
        return db.session.scalar(mine.where(*conditions)) or 0

    return rules.Habits(
        misses=count(Booking.state == "missed", Booking.ended_at > month),
        cancels=count(
            Booking.state == "cancelled", Booking.ended_at > month, Booking.reason.is_distinct_from(LAPSED)
        ),
        same_item_today=count(Booking.item_id == row.item_id, Booking.booked_at >= day),
    )


def release(user_id: str, booking_id: str) -> dict[str, Any]:
    """Give up a hold: its place is free at once. Again, or after it ran out, is no error."""
    with unit_of_work():
        row = get_for(user_id, booking_id)
        if row.state not in (State.EXPIRED, State.RELEASED):
            machine.apply(row, "release", "applicant", ended_at=now())
            places.give_back([row.slot_id])
        return views.booking(row)


def cancel(user_id: str, booking_id: str, reason: str | None = None) -> dict[str, Any]:
    """Cancel before the slot starts; its place is free at once, and once only (P3, S05). Raises TooLateToCancel."""
    with unit_of_work():
        row = get_for(user_id, booking_id)
        if row.state == State.CANCELLED:
            return views.booking(row)
        try:
            present = now()
            machine.apply(
                row,
                "cancel",
                "applicant",
                ended_at=present,
                reason=reason,
                where=[Booking.start_at > present],
            )
        except NotAllowedNow:
            if row.state == State.CANCELLED:  # the same press from another device was a moment faster
                return views.booking(row)
            if row.state == State.BOOKED:
                raise TooLateToCancel() from None
            raise
        places.give_back([row.slot_id])
        notices.over(row)
        return views.booking(row)


def reschedule(user_id: str, booking_id: str, slot_id: str) -> dict[str, Any]:
    """Move a booking: take the new place, then free the old one, in one transaction (domain rule 1).

    The booking keeps its id. Raises what a hold raises; the old place is then untouched.
    """
    with unit_of_work():
        row = get_for(user_id, booking_id)
        if row.slot_id == slot_id and row.state == State.BOOKED:
            return views.booking(row)
        seen = _offered(taking.look(user_id, slot_id, row.item_id, now()))
        if seen.end_at <= now():
            raise SlotPast()
        places.lock_user(user_id)
        _no_overlap(row, seen.start_at, seen.end_at)
        old = row.slot_id
        notices.over(row)
        _move(row, slot_id, seen)
        places.lock_slots([old, slot_id])
        if not places.add(slot_id, now()):
            raise SlotClosed() if seen.closed else SlotFull()
        places.give_back([old])
        notices.made(row)
        return views.booking(row)


def _no_overlap(row: Booking, start: datetime, end: datetime) -> None:
    other = select(Booking.id).where(
        Booking.user_id == row.user_id, Booking.state.in_(_ACTIVE), Booking.id != row.id
    )
    if found := db.session.scalars(other.where(Booking.start_at < end, Booking.end_at > start)).first():
        raise SlotOverlap(booking_id=found)


def _move(row: Booking, slot_id: str, seen: Any) -> None:
    old, present = row.slot_id, now()
    where = [Booking.start_at > present, Booking.slot_id == old]
    values = {
        "slot_id": slot_id,
        "start_at": seen.start_at,
        "end_at": seen.end_at,
        "moved": Booking.moved + 1,
    }
    try:
        machine.apply(row, "reschedule", "applicant", where=where, **values)
    except NotAllowedNow:
        if row.state == State.BOOKED and row.start_at <= present:
            raise TooLateToCancel() from None
        raise


def view(row: Booking) -> dict[str, Any]:
    return views.booking(row)


# --- what session says of it --------------------------------------------------------------------------


def for_queue(user_id: str, booking_id: str) -> Booking:
    """The booking, if one may queue with it now (domain rule 3). Raises NotInSlot with opens_at, closes_at."""
    row = get_for(user_id, booking_id)
    if row.state not in (State.BOOKED, State.QUEUED):
        raise NotAllowedNow(views.REASONS[State(row.state)], state=row.state)
    frame = views.window(row)
    if row.state == State.BOOKED and (reason := frame.reason(now())):
        raise NotInSlot(reason, opens_at=frame.opens_at, closes_at=frame.closes_at)
    return row


def mark_queued(booking_id: str, session_id: str | None = None) -> None:
    """The user entered the line (booked → queued)."""
    with unit_of_work():
        row = db.session.get_one(Booking, booking_id)
        machine.apply(row, "queue", "applicant", queued_at=now())
        notices.over(row)


def back_to_booked(booking_id: str) -> None:
    """The user left the line without being served: inside the slot the booking can be used again."""
    with unit_of_work():
        row = db.session.get_one(Booking, booking_id, populate_existing=True)
        if row.state == State.QUEUED:
            machine.apply(row, "leave", "system")


def mark_served(booking_id: str) -> None:
    """The case is over; the place counts as free again."""
    _end(booking_id, "serve")


def mark_missed(booking_id: str) -> None:
    """Called twice, never answered."""
    _end(booking_id, "not_answer")


def _end(booking_id: str, move: str) -> None:
    with unit_of_work():
        row = db.session.get_one(Booking, booking_id, populate_existing=True)
        if row.state == State.QUEUED:
            machine.apply(row, move, "system", ended_at=now())
            places.give_back([row.slot_id])


# --- by the clock -------------------------------------------------------------------------------------


def expire_holds() -> int:
    """Give back the places of holds that ran out. Returns how many."""
    with unit_of_work():
        slots = places.end_holds(now())
        places.give_back(slots)
        return len(slots)


def sweep_missed() -> int:
    """Bookings whose slot is over, grace included: missed if their owner never queued, else lapsed (P7)."""
    over = now() - timedelta(minutes=settings().queue_late_minutes)
    query = select(Booking).where(Booking.state == State.BOOKED.value, Booking.end_at <= over)
    with unit_of_work():
        rows = list(
            db.session.scalars(query.order_by(Booking.id).limit(500).with_for_update(skip_locked=True))
        )
        slots = [row.slot_id for row in rows]
        for row in rows:
            if row.queued_at is None:
                machine.apply(row, "miss", "system", ended_at=now())
            else:
                machine.apply(row, "lapse", "system", ended_at=now(), reason=LAPSED)
        places.give_back(slots)
    return len(rows)


def cancel_closed(day: date) -> int:
    """Bookings of slots that were closed before they began are cancelled, with the reason; returns how many."""
    query = select(Booking).join(Slot, Slot.id == Booking.slot_id).where(Slot.date == day, Slot.closed)
    query = query.where(Booking.state.in_(["held", "booked"]), Booking.start_at > now()).order_by(Booking.id)
    with unit_of_work():
        rows = list(db.session.scalars(query))
        slots = []
        for row in rows:
            try:
                if row.state == State.HELD:
                    machine.apply(row, "expire", "system", ended_at=now())
                else:
                    machine.apply(row, "cancel", "staff", ended_at=now(), reason=CLOSED)
                    notices.closed(row, views.WHY[CLOSED])
            except NotAllowedNow:  # its owner was a moment faster
                continue
            slots.append(row.slot_id)
        places.give_back(slots)
    return len(slots)


def lazily_expire() -> None:
    """Before a list is shown: holds that ran out count as free, even when the sweeper is late."""
    due = select(Booking.id).where(Booking.state == "held", Booking.held_until <= now()).limit(1)
    if db.session.scalars(due).first():
        expire_holds()


# --- what other features ask ----------------------------------------------------------------------------


@catalog.queue_mode
def queue_mode(item: Item, actor: Actor | None) -> dict[str, Any]:
    """进入排队 behind an item's 视频办 link (guide row S14)."""
    row = views.of_item(actor.id, item.id) if actor and not actor.staff else None
    if row is None:
        reason = "请先预约" if actor else "登录并预约后可以排队"
        return {"enabled": False, "reason": reason, "opens_at": None, "booking_id": None}
    gate = views.queue_gate(row)
    return {
        "enabled": gate["enabled"],
        "reason": gate["reason"],
        "opens_at": gate["opens_at"],
        "booking_id": row.id,
    }


@identity.on_merge
def merge_users(gone: str, kept: str) -> None:
    """Two accounts turn out to be one person: bookings are kept; of two active ones that clash, one is."""
    with unit_of_work():
        mine = select(Booking).where(Booking.user_id == kept, Booking.state.in_(_ACTIVE))
        held = {(b.slot_id, b.item_id) for b in db.session.scalars(mine)}
        slots, items = {s for s, _ in held}, {i for _, i in held}
        back = []
        for row in db.session.scalars(
            select(Booking).where(Booking.user_id == gone, Booking.state.in_(_ACTIVE))
        ):
            if row.state != State.QUEUED and (row.slot_id in slots or row.item_id in items):
                move = "release" if row.state == State.HELD else "cancel"
                machine.apply(row, move, "applicant", ended_at=now(), reason=MERGED)
                notices.over(row)
                back.append(row.slot_id)
        places.give_back(back)
        db.session.execute(update(Booking).where(Booking.user_id == gone).values(user_id=kept))
