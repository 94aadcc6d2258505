"""Slots for a demonstration: every hour of every day, holidays too, so that anyone can try at any time."""

from sqlalchemy import select

from backend.booking import calendar
from backend.booking.models import SlotTemplate
from backend.catalog import service as catalog
from backend.platform.clock import today
from backend.platform.db import db, unit_of_work

PLACES = 20


def load() -> str:
    """Give each skill group without templates a slot an hour, and open the days ahead. Twice changes nothing."""
    calendar.load_year(today().year)
    with unit_of_work():
        have = set(db.session.scalars(select(SlotTemplate.skill_group_id)))
        for group in catalog.skill_groups():
            for hour in range(24 if group.id not in have else 0):
                calendar.add_template(group.id, hour * 60, hour * 60 + 60, PLACES, on_holidays=True)
    return f"slots: {calendar.release()} opened"
