"""Rate limits: fixed windows counted in Redis."""

from backend.platform.errors import TooMany
from backend.platform.redis import redis


def limit(key: str, times: int, per: int, message: str | None = None) -> None:
    """Count one use of `key`; raises TooMany when it is used more than `times` in `per` seconds."""
    name = f"limit:{key}"
    with redis.pipeline() as pipe:
        pipe.set(name, 0, ex=per, nx=True)
        pipe.incr(name)
        pipe.ttl(name)
        _, count, left = pipe.execute()
    if count > times:
        raise TooMany(message, retry_after=max(left, 1))


def forget(key: str) -> None:
    redis.delete(f"limit:{key}")
