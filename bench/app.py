"""The product as it is, with a channel "bench" that asks for no session.

Everything on the way of a signal is the product's: ticket, Origin, frames, whitelist, rate limits, epoch, relay.
"""

from typing import Any

from backend.app import create_app
from backend.realtime.channels import Channel, channel


@channel("bench", public=True)
def listen(actor: Any, asked: dict[str, Any]) -> Channel:
    return Channel(rooms=[f"bench:{asked['id']}"], endpoint=asked.get("endpoint"), says=frozenset({"signal"}))


def make() -> Any:
    return create_app()
