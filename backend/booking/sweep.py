"""What the clock does to bookings: holds run out, slots pass, closed slots are emptied. Safe to run late and twice."""

from datetime import date, timedelta

from sqlalchemy import select

from backend.booking import notices, places, views
from backend.booking.machine import State, machine
from backend.booking.models import Booking, Slot
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.settings import settings


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
                machine.apply(row, "lapse", "system", ended_at=now(), reason=views.LAPSED)
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
                    machine.apply(row, "cancel", "staff", ended_at=now(), reason=views.CLOSED)
                    notices.closed(row, views.WHY[views.CLOSED])
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
