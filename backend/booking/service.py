"""The verbs of a booking: its owner's (getting one: holding.py) and session's; the clock's are in sweep.py."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from backend.booking import notices, places, rules, taking, views
from backend.booking.errors import (
    BookingNotFound,
    HoldExpired,
    NotInSlot,
    SlotClosed,
    SlotFull,
    SlotOverlap,
    SlotPast,
    TooLateToCancel,
)
from backend.booking.machine import ACTIVE, State, machine
from backend.booking.models import Booking
from backend.identity import service as identity
from backend.platform.clock import now, today
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow

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
            Booking.state == "cancelled",
            Booking.ended_at > month,
            Booking.reason.is_distinct_from(views.LAPSED),
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
        seen = taking.offered(taking.look(user_id, slot_id, row.item_id, now()))
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
        Booking.user_id == row.user_id, Booking.state.in_(ACTIVE), Booking.id != row.id
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


def mark_queued(booking_id: str) -> None:
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


# --- two accounts are one person -----------------------------------------------------------------------


@identity.on_merge
def merge_users(gone: str, kept: str) -> None:
    """Two accounts turn out to be one person: bookings are kept; of two active ones that clash, one is."""
    with unit_of_work():
        mine = select(Booking).where(Booking.user_id == kept, Booking.state.in_(ACTIVE))
        held = {(b.slot_id, b.item_id) for b in db.session.scalars(mine)}
        slots, items = {s for s, _ in held}, {i for _, i in held}
        back = []
        for row in db.session.scalars(
            select(Booking).where(Booking.user_id == gone, Booking.state.in_(ACTIVE))
        ):
            if row.state != State.QUEUED and (row.slot_id in slots or row.item_id in items):
                move = "release" if row.state == State.HELD else "cancel"
                machine.apply(row, move, "applicant", ended_at=now(), reason=views.MERGED)
                notices.over(row)
                back.append(row.slot_id)
        places.give_back(back)
        db.session.execute(update(Booking).where(Booking.user_id == gone).values(user_id=kept))
