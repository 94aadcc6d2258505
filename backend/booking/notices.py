"""What a booking tells its owner, and when (features M14): made, the evening before, a quarter of an hour before."""

from datetime import timedelta

from backend.booking import rules
from backend.booking.models import Booking
from backend.catalog import service as catalog
from backend.notice import service as notices
from backend.platform.clock import now

EVENING = 18 * 60  # six o'clock, the day before
SOON = timedelta(minutes=15)


def made(row: Booking) -> None:
    """It was made, or moved: say so, and remind in time. A reminder whose time is over already is none."""
    data = _data(row)
    notices.notify(row.user_id, "booking_made", data, key=_key(row, "made"), until=row.end_at)
    evening = rules.at_minute(rules.day_of(row.start_at) - timedelta(days=1), EVENING)
    for kind, part, due in (("booking_day", "day", evening), ("booking_soon", "soon", row.start_at - SOON)):
        if due > now():
            notices.notify(row.user_id, kind, data, key=_key(row, part), due_at=due, until=row.start_at)


def over(row: Booking) -> None:
    """Cancelled, moved away from, or its owner is in the line: nobody is reminded any more."""
    notices.withdraw(*(_key(row, part) for part in ("made", "day", "soon")))


def closed(row: Booking, reason: str) -> None:
    """The office took it back: its owner is told, unless the time is over anyway."""
    over(row)
    data = {**_data(row), "reason": reason}
    notices.notify(row.user_id, "booking_cancelled", data, key=_key(row, "cancelled"), until=row.end_at)


def _data(row: Booking) -> dict[str, object]:
    name = catalog.names([row.item_id]).get(row.item_id, "")
    return {"id": row.id, "item": name, "start_at": row.start_at}


def _key(row: Booking, part: str) -> str:
    return f"booking:{row.id}:{row.moved}:{part}"
