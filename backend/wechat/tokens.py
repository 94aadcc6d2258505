"""The access token of an account: one for all processes, renewed by one of them (docs: getStableAccessToken).

Every process that finds no token would fetch its own, and with the old endpoint each new one kills the last; here a
Redis lock lets one fetch while the others wait for its answer.
"""

import hashlib
import time
from collections.abc import Callable

from redis import Redis

from backend.platform.ids import new_token
from backend.wechat.errors import WechatUnavailable

LOCK_MS = 10_000
WAIT_SECONDS = 4.5
EARLY_SECONDS = 300  # WeChat renews in the last five minutes: both tokens are good meanwhile
FLOOR_SECONDS = 60

Fetch = Callable[[bool], tuple[str, int]]  # force → token, seconds left

_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class TokenStore:
    """`get` and `renew` for one appid. Raises WechatUnavailable when nobody gets a token in time."""

    def __init__(self, redis: Redis, appid: str, fetch: Fetch) -> None:
        self._redis, self._fetch = redis, fetch
        self._key, self._lock = f"wechat:token:{appid}", f"wechat:token-lock:{appid}"

    def get(self) -> str:
        return self._read() or self._obtain(stale=None)

    def renew(self, stale: str) -> str:
        """A token other than `stale`, which WeChat refused; fetched only if nobody did so meanwhile."""
        current = self._read()
        if current and current != stale:
            return current
        return self._obtain(stale)

    def _read(self) -> str | None:
        raw = self._redis.get(self._key)
        return raw.decode() if isinstance(raw, bytes) else None

    def _obtain(self, stale: str | None) -> str:
        owner, end = new_token(), time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            if self._redis.set(self._lock, owner, nx=True, px=LOCK_MS):
                try:
                    return self._fetch_locked(stale)
                finally:
                    self._redis.eval(_UNLOCK, 1, self._lock, owner)
            time.sleep(0.03)
            current = self._read()
            if current and current != stale:
                return current
        raise WechatUnavailable()

    def _fetch_locked(self, stale: str | None) -> str:
        current = self._read()
        if current and current != stale:
            return current
        token, seconds = self._fetch(False)
        if token == stale:  # WeChat still hands out what it refuses; forcing is rationed to 20 a day
            token, seconds = self._fetch(True)
        self._redis.set(self._key, token, ex=max(FLOOR_SECONDS, seconds - EARLY_SECONDS))
        return token


def fingerprint(token: str) -> str:
    """For logs: which token, without the token."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]
