"""Booking's part of the list of periodic work. Each may run late, twice, or in two workers at once."""

from datetime import date

from backend.booking import calendar, sweep
from backend.platform.jobs import job, periodic


@job("booking.cancel_closed")
def cancel_closed(day: str) -> None:
    sweep.cancel_closed(date.fromisoformat(day))


@periodic(seconds=5)
def return_holds() -> None:
    sweep.expire_holds()


@periodic(seconds=60)
def mark_missed() -> None:
    sweep.sweep_missed()


@periodic(seconds=60)
def open_slots() -> None:
    calendar.release()
