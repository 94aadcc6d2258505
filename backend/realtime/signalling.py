"""WebRTC signalling between the endpoints of a room: addressed, stamped with the call's epoch, never stored.

The sender is stamped by the server. A signal of an older call is dropped. Both ends in one process is the quick way
(the proxy sends a session's sockets to one process); otherwise Redis carries it, and keeps it for a moment if the
addressee is still joining.
"""

import logging
from typing import Any

import orjson
from redis.exceptions import RedisError

from backend.realtime.bus import SIGNAL, Bus
from backend.realtime.channels import Message
from backend.realtime.hub import Live, Member

log = logging.getLogger(__name__)

ENDPOINTS = frozenset({"agent", "applicant-pc", "applicant-phone", "recorder"})
KEYS = {"t", "to", "epoch", "data"}
MAX_EPOCH = 2**31


class BadSignal(ValueError):
    """Not a signal: the socket is closed with 1008."""


def relay(bus: Bus, sender: Member, message: Message) -> None:
    """Pass a signal on; raises BadSignal when it is none. An addressee that is nowhere is no error."""
    to, epoch, data = message.get("to"), message.get("epoch"), message.get("data")
    if message.keys() != KEYS or type(to) is not str or type(data) is not dict:
        raise BadSignal()
    if to not in ENDPOINTS or to == sender.endpoint:
        raise BadSignal()
    if type(epoch) is not int or not 0 <= epoch < MAX_EPOCH:
        raise BadSignal()
    if epoch < bus.hub.epoch(sender.room):
        return  # of a call that is over
    text = orjson.dumps({"t": "signal", "from": sender.endpoint, "epoch": epoch, "data": data})
    if member := bus.hub.at(sender.room, to):
        member.offer(Live(text), "")
        return
    try:
        bus.presence.relay(sender.room, to, SIGNAL + sender.room, to.encode() + b"\n" + text)
    except (RedisError, OSError):
        log.warning("redis is away: a signal to %s is lost", to)


def parked(payloads: list[bytes], epoch: int) -> list[Live]:
    """Signals that waited for an endpoint, those of calls older than `epoch` left out."""
    found = []
    for payload in payloads:
        text: Any = payload.partition(b"\n")[2]
        if orjson.loads(text)["epoch"] >= epoch:
            found.append(Live(text))
    return found
