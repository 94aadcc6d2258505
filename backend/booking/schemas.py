"""Bodies of booking's routes. Times are UTC; `time`, `date` and `weekday` are Beijing's, shown as they are (P4)."""

from datetime import date, datetime

from pydantic import Field

from backend.platform.api import Schema


class DayOut(Schema):
    date: date
    weekday: str
    kind: str = Field(description="workday, weekend, holiday, makeup or closed")
    note: str
    left: int
    open: bool = Field(description="whether the day has slots at all")


class DaysOut(Schema):
    days: list[DayOut]


class SlotsQuery(Schema):
    date: date


class SlotOut(Schema):
    id: str
    date: date
    time: str
    start_at: datetime
    end_at: datetime
    capacity: int
    left: int
    state: str = Field(description="open, full, closed, past or mine")
    v: int = Field(description="rises with each change; drop an announcement that is older")


class SlotsOut(Schema):
    items: list[SlotOut]
    next: None = None
    room: str = Field(description="where changes of these slots are announced")


class HoldIn(Schema):
    item_id: str = Field(max_length=26)


class CancelIn(Schema):
    reason: str | None = Field(None, max_length=200)


class RescheduleIn(Schema):
    slot_id: str = Field(max_length=26)


class BookedItem(Schema):
    id: str
    name: str


class BookedSlot(Schema):
    id: str
    date: date
    weekday: str
    time: str
    start_at: datetime
    end_at: datetime


class QueueGate(Schema):
    enabled: bool
    reason: str | None
    opens_at: datetime
    closes_at: datetime


class BookingOut(Schema):
    id: str
    state: str
    item: BookedItem
    slot: BookedSlot
    held_until: datetime | None
    seconds_left: int | None = Field(description="of the hold, by the server's clock")
    queue: QueueGate
    actions: list[str]
    session_id: str | None
    reason: str | None
    created_at: datetime
    warnings: list[str] = Field([], description="to be shown once: what may lead to a block")


class BookingsOut(Schema):
    items: list[BookingOut]
    next: None = None
