"""How a route is declared: who may call it, what goes in, what comes out. Reads as a table above a short body."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import orjson
from apiflask import APIBlueprint as Blueprint
from flask import request
from flask.json.provider import JSONProvider
from pydantic import BaseModel, ConfigDict, model_validator

from backend.platform import idempotency
from backend.platform.auth import actor_or_none, current_actor
from backend.platform.errors import Forbidden

__all__ = ["Blueprint", "Schema", "access"]
F = TypeVar("F", bound=Callable[..., Any])

OPEN = {"public", "ticket:sign", "ticket:handover", "wechat-push"}  # the route itself checks what it is given
ROLES = {"applicant", "agent", "supervisor", "admin", "party"}


class Schema(BaseModel):
    """Base of every request and response body: unknown fields are refused, NUL is refused, strings are trimmed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, from_attributes=True)

    @model_validator(mode="before")
    @classmethod
    def no_nul(cls, data: Any) -> Any:
        if isinstance(data, dict) and any(isinstance(v, str) and "\0" in v for v in data.values()):
            raise ValueError("text holds a NUL character")
        return data


def access(*roles: str, scoped: bool = False, first: Callable[..., None] | None = None) -> Callable[[F], F]:
    """Declare who may call a route. Every route has one (tests/architecture).

    A login narrowed by a scope (the phone that joined one session) is let in only where `scoped` is true; the
    service then checks the scope. A write with an Idempotency-Key runs once, in one transaction; `first` is called
    with the route's arguments before that begins, once the caller is known: long work that needs no lock goes there.
    """
    if not roles or not set(roles) <= OPEN | ROLES:
        raise ValueError(f"unknown roles {roles}")

    def decorate(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if OPEN.isdisjoint(roles):
                actor = current_actor()
                if not actor.has(*roles) or (actor.scope and not scoped):
                    raise Forbidden()
            if first is not None:
                first(**kwargs)
            key = request.headers.get("Idempotency-Key")
            if key and request.method != "GET" and (caller := actor_or_none()):
                return idempotency.run(caller.id, key, lambda: view(*args, **kwargs))
            return view(*args, **kwargs)

        guarded.access = frozenset(roles)  # type: ignore[attr-defined]
        guarded.scoped = scoped  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


class FastJSON(JSONProvider):
    """orjson: datetimes as 2026-11-25T06:00:00Z, raw UTF-8."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        text = self.dumps(self._prepare_response_obj(args, kwargs))
        return self._app.response_class(text, mimetype="application/json")
