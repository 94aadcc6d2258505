"""The socket channel of a booking page: what is left of the slots, live, for anyone (guide row S12)."""

from typing import Any

from backend.booking.places import room
from backend.catalog import service as catalog
from backend.platform.auth import Actor
from backend.realtime.channels import Channel, channel


@channel("slots", public=True)
def slots(actor: Actor | None, request: dict[str, Any]) -> Channel:
    """Listen to the slots of `item_id`; raises ItemNotFound. A page subscribes first, then reads the list."""
    item = catalog.get_item(str(request.get("item_id", "")))
    return Channel(rooms=[room(item.skill_group_id, item.id if item.own_slots else None)])
