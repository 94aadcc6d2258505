"""What may be listened to: a feature registers a channel, a client asks for it by name and gets a ticket."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backend.platform.auth import Actor
from backend.platform.errors import NotFound, Unauthenticated

Message = dict[str, Any]
Opener = Callable[[Any, dict[str, Any]], "Channel"]


@dataclass
class Channel:
    """What one socket hears and may say.

    rooms: the first is the socket's own room: its numbered events, presence and signalling belong to it.
    endpoint: the socket's address there ("agent", "applicant-pc" …); None takes no part in presence and signalling.
    snapshot: the room's event messages ({"t": "event", …, "event": {"seq": …}}) after a number, for this actor.
    render: a live message as this actor may see it, None to leave it out; left out itself: everything as it is.
    on_open, on_close: called when the endpoint came or was lost (not when a newer socket took it over).
    says: kinds of message that may be sent upward besides ping: "signal", "typing", "pointer".
    epoch: number of the call in progress; signals of older calls are dropped.
    """

    rooms: list[str]
    endpoint: str | None = None
    snapshot: Callable[[int], list[Message]] | None = None
    render: Callable[[Message], Message | None] | None = None
    on_open: Callable[[], object] | None = None
    on_close: Callable[[], object] | None = None
    says: frozenset[str] = field(default_factory=frozenset)
    epoch: int = 0


@dataclass(frozen=True)
class _Entry:
    open: Opener
    public: bool


_channels: dict[str, _Entry] = {}


def channel(name: str, *, public: bool = False) -> Callable[[Opener], Opener]:
    """Register `open(actor, request) -> Channel`. It checks that the actor may listen and raises a DomainError if not.

    It is called twice, for the ticket and for the connection, so it must change nothing. `public`: also without sign-in
    (the actor is then None).
    """

    def register(opener: Opener) -> Opener:
        _channels[name] = _Entry(opener, public)
        return opener

    return register


def open_channel(name: str, actor: Actor | None, request: dict[str, Any]) -> Channel:
    entry = _channels.get(name)
    if entry is None:
        raise NotFound()
    if actor is None and not entry.public:
        raise Unauthenticated()
    return entry.open(actor, request)
