"""Who is asking. Identity registers how a bearer token becomes an actor; nothing else here knows tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask import g, request

from backend.platform.errors import Unauthenticated

Loader = Callable[[str], "Actor | None"]
_loaders: list[Loader] = []


@dataclass(frozen=True)
class Actor:
    """A signed-in caller. `roles` are those of staff; `scope` narrows a login to one thing ("session:<id>")."""

    kind: Literal["applicant", "staff"]
    id: str
    name: str
    login_id: str
    roles: frozenset[str] = frozenset()
    scope: str | None = None
    entry: str = ""  # through which door: pc, h5, oa, mp, console …

    @property
    def staff(self) -> bool:
        return self.kind == "staff"

    def has(self, *roles: str) -> bool:
        """Whether any of `roles` fits: "applicant", "party" (anyone signed in) or a staff role."""
        mine = {"party", *(self.roles if self.staff else ("applicant",))}
        return not mine.isdisjoint(roles)


def register_loader(loader: Loader) -> Loader:
    """Set the function that turns a bearer token into an actor, or None."""
    _loaders[:] = [loader]
    return loader


def actor_or_none() -> Actor | None:
    """The caller, loaded once a request; None when there is no valid token."""
    if "actor" not in g:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        g.actor = _loaders[0](token) if _loaders and kind.lower() == "bearer" and token else None
    return g.actor


def current_actor() -> Actor:
    """The caller; raises Unauthenticated."""
    actor = actor_or_none()
    if actor is None:
        raise Unauthenticated()
    return actor
