"""The console's socket: hints that something changed, and the agent's presence."""

from typing import Any

from backend.catalog import service as catalog
from backend.identity import staff_accounts
from backend.platform.auth import Actor
from backend.platform.errors import NotFound
from backend.realtime.channels import Channel, channel
from backend.session import duty

ENDPOINT = "console"


def room_of(staff_id: str) -> str:
    return f"agent:{staff_id}"


@channel("console")
def listen(actor: Actor, _request: dict[str, Any]) -> Channel:
    """{"channel": "console"}: queue hints of the agent's groups. The newest console of an agent replaces the others."""
    if not actor.staff:
        raise NotFound()
    mine = staff_accounts.get(actor.id).skill_group_ids
    groups = [
        g.id for g in catalog.skill_groups() if not mine or g.id in mine or actor.has("supervisor", "admin")
    ]
    staff_id = actor.id
    return Channel(
        rooms=[room_of(staff_id), "console:duty", *(f"console:{g}" for g in groups)],
        endpoint=ENDPOINT,
        on_open=lambda: duty.seen(staff_id),
    )
