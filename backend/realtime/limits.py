"""What one socket may cost: its limits, and the bucket that counts by the second."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any


@dataclass(frozen=True)
class Rules:
    """Limits of every socket; times in seconds."""

    message_bytes: int = 64 * 1024
    outbox_bytes: int = 512 * 1024
    frames_per_second: int = 240  # control frames and fragments; whole messages are counted by their kind
    ping_seconds: float = 15  # silence after which the keeper asks
    dead_seconds: float = 45  # silence after which nobody is there
    send_seconds: float = 25  # an outbox that has not been empty for so long ends the socket
    close_seconds: float = 2  # for the peer's half of the closing handshake
    admit: Callable[[dict[str, Any]], None] = lambda environ: None  # raises a DomainError: refused before the upgrade


class Bucket:
    """A token bucket: `take` answers whether one more is within `rate` a second; twice the rate may come at once."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._tokens = 2 * rate
        self._at = monotonic()

    def take(self, now: float) -> bool:
        tokens = min(2 * self._rate, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if tokens < 1:
            self._tokens = tokens
            return False
        self._tokens = tokens - 1
        return True
