"""One-time tickets: a random token stands for a small dict until it is taken or runs out."""

import json
from typing import Any

from backend.platform.ids import new_token
from backend.platform.redis import redis


def issue(kind: str, value: dict[str, Any], ttl: int) -> str:
    """Store `value` for `ttl` seconds; returns the token."""
    token = new_token()
    redis.set(f"ticket:{kind}:{token}", json.dumps(value), ex=ttl)
    return token


def take(kind: str, token: str) -> dict[str, Any] | None:
    """The value, once: a second take finds nothing."""
    return _load(redis.getdel(f"ticket:{kind}:{token[:64]}"))


def peek(kind: str, token: str) -> dict[str, Any] | None:
    return _load(redis.get(f"ticket:{kind}:{token[:64]}"))


def _load(raw: Any) -> dict[str, Any] | None:
    return json.loads(raw) if raw else None
