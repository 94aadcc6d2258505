"""A token bucket: so many a second, with room for a short burst."""

from time import monotonic


class Bucket:
    """`take` answers whether one more is within `rate` a second; twice the rate may come at once."""

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
