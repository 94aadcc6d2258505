"""Calendar, slots and bookings. The rules that must hold in any race are in the tables too."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.db import Model, UTCDateTime

ACTIVE_SQL = "state IN ('held', 'booked', 'queued')"  # machine.ACTIVE, for indexes


class DayKind(StrEnum):
    """What a day is that is not decided by its weekday alone."""

    WORKDAY = "workday"  # said by an administrator, against the calendar
    HOLIDAY = "holiday"  # 法定节假日
    MAKEUP = "makeup"  # 调休上班
    CLOSED = "closed"  # closed by hand


class CalendarDay(Model):
    """A day that differs from the plain week. Loaded from the State Council's calendar, amended by an administrator."""

    date: Mapped[date] = mapped_column(Date, unique=True)
    kind: Mapped[str]
    note: Mapped[str] = mapped_column(default="")


class SlotTemplate(Model):
    """One slot of a skill group's week (or of one item that has its own): minutes count from midnight in Shenzhen."""

    skill_group_id: Mapped[str] = mapped_column(ForeignKey("skill_group.id"), index=True)
    item_id: Mapped[str | None] = mapped_column(ForeignKey("item.id"))
    weekday: Mapped[int | None]  # 0 = Monday; None = every day of the week
    on_holidays: Mapped[bool] = mapped_column(default=False)  # on duty on public holidays too
    start_minute: Mapped[int]
    end_minute: Mapped[int]  # 1440 = midnight at the end of the day
    capacity: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "0 <= start_minute AND start_minute < end_minute AND end_minute <= 1440", name="minutes"
        ),
        CheckConstraint("capacity > 0", name="capacity"),
    )


class Slot(Model):
    """时间段: a time with a number of places. `booked` counts its active bookings and never passes `capacity`."""

    skill_group_id: Mapped[str] = mapped_column(ForeignKey("skill_group.id"))
    item_id: Mapped[str | None] = mapped_column(ForeignKey("item.id"))
    template_id: Mapped[str | None] = mapped_column(ForeignKey("slot_template.id"))
    date: Mapped[date] = mapped_column(Date)  # the day in Shenzhen
    start_at: Mapped[datetime] = mapped_column(UTCDateTime)
    end_at: Mapped[datetime] = mapped_column(UTCDateTime)
    capacity: Mapped[int]
    booked: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(
        default=0
    )  # counts changes, so that a page can drop an older announcement
    closed: Mapped[bool] = mapped_column(default=False)
    released_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (
        CheckConstraint("0 <= booked AND booked <= capacity", name="never_oversold"),
        CheckConstraint("start_at < end_at", name="starts_before_it_ends"),
        UniqueConstraint("template_id", "date"),
        Index("ix_slot_group_date", "skill_group_id", "date"),
        Index("ix_slot_item_date", "item_id", "date"),
    )


class Booking(Model):
    """预约: a user's place in a slot for an item. Times are copied from the slot: overlap is found without a join."""

    user_id: Mapped[str]
    item_id: Mapped[str] = mapped_column(ForeignKey("item.id"))
    slot_id: Mapped[str] = mapped_column(ForeignKey("slot.id"))
    state: Mapped[str]
    start_at: Mapped[datetime] = mapped_column(UTCDateTime)
    end_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    held_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    booked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    queued_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # stays when the line is left: not a no-show (P7)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reason: Mapped[str | None]  # why it was cancelled
    moved: Mapped[int] = mapped_column(default=0)  # how often it was rescheduled

    __table_args__ = (
        Index(
            "uq_booking_user_slot_active", "user_id", "slot_id", unique=True,
            sqlite_where=text(ACTIVE_SQL), postgresql_where=text(ACTIVE_SQL),
        ),
        Index(
            "uq_booking_user_item_active", "user_id", "item_id", unique=True,
            sqlite_where=text(ACTIVE_SQL), postgresql_where=text(ACTIVE_SQL),
        ),
        Index(
            "ix_booking_held", "slot_id", "held_until",
            sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'"),
        ),
        Index(
            "ix_booking_due", "end_at",
            sqlite_where=text("state = 'booked'"), postgresql_where=text("state = 'booked'"),
        ),
        Index("ix_booking_user", "user_id", "start_at"),
    )  # fmt: skip
