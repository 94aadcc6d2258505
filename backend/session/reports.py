"""Questions that staff ask of many sessions: lists, the floor, and figures that are computed from the timeline."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from backend.platform.clock import now
from backend.platform.db import db
from backend.session.machine import LIVE, SERVED, State
from backend.session.models import ServiceSession, TimelineEvent
from backend.session.queue import ORDER

S, E = ServiceSession, TimelineEvent
_CALL_ENDS = ("call.ended", "session.suspended", "session.completed", "session.abandoned")


@dataclass(frozen=True)
class Served:
    """What was served in a stretch of time: ended cases, seconds of service in them."""

    cases: int
    seconds: int


def waiting(skill_group_ids: Iterable[str] = ()) -> list[ServiceSession]:
    """Everyone who waits in the groups (all when empty), in the order of the line."""
    query = select(S).where(S.state == State.WAITING).order_by(*ORDER).limit(500)
    groups = list(skill_group_ids)
    return list(db.session.scalars(query.where(S.skill_group_id.in_(groups)) if groups else query))


def of_agent(agent_id: str, *states: State) -> list[ServiceSession]:
    """An agent's sessions in `states`, newest first."""
    query = select(S).where(S.agent_id == agent_id, S.state.in_([s.value for s in states]))
    return list(db.session.scalars(query.order_by(S.id.desc()).limit(100)))


def last_of(agent_id: str) -> ServiceSession | None:
    """The session this agent ended last: what wrap-up is about."""
    query = select(S).where(S.agent_id == agent_id, S.ended_at.is_not(None))
    return db.session.scalar(query.order_by(S.ended_at.desc()).limit(1))


def served_now() -> list[ServiceSession]:
    """Sessions that an agent has in hand, longest first."""
    query = select(S).where(S.state.in_([s.value for s in SERVED])).order_by(S.answered_at, S.id)
    return list(db.session.scalars(query))


def page(
    *,
    agent_id: str | None = None,
    state: str | None = None,
    number: str | None = None,
    before: str | None = None,
    limit: int = 30,
) -> tuple[list[ServiceSession], str | None]:
    """A page of sessions, newest first, and where the next begins. `agent_id` None: of every agent."""
    query = select(S).order_by(S.id.desc()).limit(limit + 1)
    if agent_id:
        query = query.where(S.agent_id == agent_id)
    if state:
        query = query.where(S.state == state)
    if number:
        query = query.where(S.number.startswith(number, autoescape=True))
    if before:
        query = query.where(S.id < before)
    rows = list(db.session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def counts() -> dict[str, int]:
    """How many sessions are in each state that is not over."""
    states = [s.value for s in (*LIVE, State.SUSPENDED)]
    query = select(S.state, func.count()).where(S.state.in_(states)).group_by(S.state)
    return dict.fromkeys(states, 0) | {state: n for state, n in db.session.execute(query)}  # noqa: C416


def served(since: datetime, agent_id: str | None = None) -> Served:
    """Cases completed since a moment, by one agent or by all."""
    query = select(func.count(), func.coalesce(func.sum(S.served_seconds), 0))
    query = query.where(S.state == State.COMPLETED, S.ended_at >= since)
    cases, seconds = db.session.execute(query.where(S.agent_id == agent_id) if agent_id else query).one()
    return Served(int(cases), int(seconds))


def waits(since: datetime) -> list[int]:
    """Seconds from joining the line to the first ring, of those who joined since a moment; sorted."""
    query = (
        select(E.session_id, E.kind, E.at)
        .join(S, S.id == E.session_id)
        .where(S.created_at >= since, E.kind.in_(("session.queued", "session.ringing")))
        .order_by(E.session_id, E.seq)
    )
    first: dict[str, datetime] = {}
    found: dict[str, int] = {}
    for session_id, kind, at in db.session.execute(query):
        if kind == "session.queued":
            first.setdefault(session_id, at)
        elif session_id in first:
            found.setdefault(session_id, int((at - first[session_id]).total_seconds()))
    return sorted(found.values())


def call_seconds() -> int:
    """服务时长 (S5): seconds of all calls so far, from the timeline; a call that is on counts up to now."""
    query = select(E.session_id, E.kind, E.at).where(E.kind.in_(("call.started", *_CALL_ENDS)))
    rows = db.session.execute(query.order_by(E.session_id, E.seq))
    return int(sum(_stretches(((r.session_id, r.kind, r.at) for r in rows), now())))


def _stretches(events: Iterable[tuple[str, str, datetime]], until: datetime) -> Iterator[float]:
    """Lengths in seconds of the calls in `events`, which are sorted by session and number.

    A second start inside a call is a reload or another device: the call goes on.
    """
    current: str | None = None
    began: datetime | None = None
    for session_id, kind, at in events:
        if session_id != current:
            if began:
                yield (until - began).total_seconds()
            current, began = session_id, None
        if kind == "call.started":
            began = began or at
        elif began:
            yield (at - began).total_seconds()
            began = None
    if began:
        yield (until - began).total_seconds()


def row_times(session: ServiceSession) -> dict[str, Any]:
    """Seconds that a session has waited, rung and been served, for lists that count on."""
    at = now()
    stretch = (at - session.answered_at).total_seconds() if session.state == State.ACTIVE and session.answered_at else 0
    waited = (at - session.waiting_since).total_seconds() if session.state == State.WAITING else 0
    return {"waited_seconds": max(int(waited), 0), "served_seconds": session.served_seconds + max(int(stretch), 0)}
