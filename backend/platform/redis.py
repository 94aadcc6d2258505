"""The Redis client of the application. Redis is never the only holder of an acknowledged thing."""

from typing import cast

from flask import Flask, current_app
from redis import Redis
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from werkzeug.local import LocalProxy

from backend.config import Settings


def connect(url: str, *, socket_timeout: float | None = 5) -> Redis:
    """A client that retries a broken connection twice, then raises."""
    return Redis.from_url(
        url,
        socket_timeout=socket_timeout,
        socket_connect_timeout=2,
        health_check_interval=15,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), 2),
        retry_on_error=[RedisConnectionError],
    )


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["redis"] = connect(settings.redis_url)


redis = cast(Redis, LocalProxy(lambda: current_app.extensions["redis"]))
