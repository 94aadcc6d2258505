"""A browser's trip to another platform's sign-in page and back.

`state` is one-time, kept on our side and bound to a cookie. A browser may load the return address twice with one code
(WeChat's does): both loads end signed in and the code is exchanged once.
"""

import json
import secrets
from collections.abc import Callable
from typing import Any

from backend.identity import rules
from backend.platform.crypto import digest
from backend.platform.errors import Unauthenticated
from backend.platform.ids import new_token
from backend.platform.redis import redis

STATE_SECONDS = 600
RESULT_SECONDS = 60


class Trip:
    """Trips of one kind; `lost` is raised for a return that is not this browser's, too old or changed."""

    def __init__(self, kind: str, lost: type[Unauthenticated]) -> None:
        self._kind, self._lost = kind, lost

    def begin(self, next_path: str | None, **kept: Any) -> tuple[str, str]:
        """The state to send along and the value of the cookie that binds it."""
        binding = new_token()
        state = secrets.token_hex(16)
        value = {"binding": digest(binding), "next": rules.local_path(next_path, "/m/"), **kept}
        redis.set(self._key("state", state), json.dumps(value), ex=STATE_SECONDS)
        return state, binding

    def kept(self, state: str, binding: str) -> dict[str, Any]:
        """What was kept at the start; raises `lost`."""
        known = state.isalnum() and len(state) == 32
        raw = redis.get(self._key("state", state)) if known else None
        found = json.loads(raw) if isinstance(raw, bytes) else None
        if found is None or not secrets.compare_digest(found["binding"], digest(binding)):
            raise self._lost()
        return found

    def next_of(self, state: str, binding: str) -> str:
        """The page this trip was to end at, for a trip that may have failed; "" when nobody knows."""
        try:
            return self.kept(state, binding)["next"]
        except self._lost:
            return ""

    def once(self, state: str, code: str, exchange: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Exchange the code once for a state; a second load within a minute gets the first one's answer."""
        lock, done = self._key("lock", state), self._key("done", state)
        if code and redis.set(lock, digest(code), nx=True, ex=STATE_SECONDS):
            found = exchange()
            with redis.pipeline() as p:
                p.rpush(done, json.dumps(found))
                p.expire(done, RESULT_SECONDS)
                p.expire(self._key("state", state), RESULT_SECONDS)
                p.execute()
            return found
        if not code or redis.get(lock) != digest(code).encode():
            raise self._lost()
        return self._await(done)

    def _await(self, key: str, seconds: int = 4) -> dict[str, Any]:
        """The first load's answer; raises `lost` when it does not come."""
        found = redis.blmove(key, key, seconds)  # to itself: the answer stays for whoever else waits
        if not isinstance(found, bytes):
            raise self._lost()
        return json.loads(found)

    def _key(self, what: str, state: str) -> str:
        return f"trip:{self._kind}:{what}:{state}"
