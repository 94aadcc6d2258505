"""The waiting line of a skill group: who is next, how many are ahead, how long it takes.

Order (domain.md, Rule 3): returning sessions first, then by slot, then by arrival. The order is three columns of the
session itself, so the line needs no table of its own and survives everything the database survives.
"""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from backend.platform.clock import now
from backend.platform.db import after_commit, db
from backend.platform.redis import redis
from backend.platform.settings import settings
from backend.realtime.bus import publish
from backend.session.machine import State
from backend.session.models import AgentDuty, ServiceSession

RETURNING, BOOKED = 0, 1  # line_class
BEHIND = 3  # after no answer: behind this many
NEAR = 100  # this many at the front hear of a change at once, the others within two seconds (jobs.py)
CANDIDATES = 100  # an agent who loses the race for one goes on to the next of so many
RECENT = 30  # handling times that an estimate looks at
S = ServiceSession
ORDER = (S.line_class, S.line_slot_at, S.line_at, S.line_bump, S.id)


@dataclass(frozen=True)
class Place:
    """What a waiting applicant is told. `wait_minutes` is a range, None when no agent is there (M16: honest)."""

    ahead: int
    agents_online: int
    wait_minutes: tuple[int, int] | None
    updated_at: datetime

    def to_dict(self) -> dict[str, Any]:
        wait = list(self.wait_minutes) if self.wait_minutes else None
        return {"ahead": self.ahead, "agents_online": self.agents_online, "wait_minutes": wait,
                "updated_at": self.updated_at}  # fmt: skip


def in_line(skill_group_id: str) -> tuple[ColumnElement[bool], ...]:
    """The condition of being in a group's line: waiting, and the page not gone for good."""
    return (S.skill_group_id == skill_group_id, S.state == State.WAITING, S.away_at.is_(None))


def line(skill_group_id: str) -> list[ServiceSession]:
    """Everyone in line, first to last."""
    query = select(S).where(*in_line(skill_group_id)).order_by(*ORDER)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def ahead_of(session: ServiceSession) -> int:
    """People ahead (S15: 当前排队人数, counted before this one)."""
    before = tuple_(*ORDER) < _key(session)
    query = select(func.count()).select_from(S).where(*in_line(session.skill_group_id), before)
    return db.session.scalar(query) or 0


def place(session: ServiceSession) -> Place:
    from_group = figures(session.skill_group_id)
    ahead = ahead_of(session)
    return Place(ahead, from_group.agents, from_group.wait(ahead), now())


def place_for_newcomer(skill_group_id: str) -> Place:
    """What someone who joined now would hear: the gate shows it."""
    from_group = figures(skill_group_id)
    ahead = db.session.scalar(select(func.count()).select_from(S).where(*in_line(skill_group_id))) or 0
    return Place(ahead, from_group.agents, from_group.wait(ahead), now())


def candidates(agent_id: str, skill_group_ids: Iterable[str]) -> list[str]:
    """Ids that this agent may be given, best first. Empty groups: every group.

    A returning session waits for its own agent until `own_agent_until`, unless that agent is away (P14).
    """
    groups = list(skill_group_ids)
    query = select(S.id, S.own_agent_id, S.line_class).where(S.state == State.WAITING, S.away_at.is_(None))
    if groups:
        query = query.where(S.skill_group_id.in_(groups))
    reserved = or_(S.own_agent_until.is_(None), S.own_agent_until <= now(), S.own_agent_id == agent_id,
                   S.own_agent_id.not_in(_agents_there()))  # fmt: skip
    found = db.session.execute(query.where(reserved).order_by(*ORDER).limit(CANDIDATES)).all()
    own = [s.id for s in found if s.own_agent_id == agent_id and s.line_class == RETURNING]
    return own + [s.id for s in found if s.id not in own]


def _agents_there() -> Any:
    return select(AgentDuty.id).where(AgentDuty.state.in_(["idle", "serving", "wrap_up"]))


# --- the place in line --------------------------------------------------------------------------------------


def front() -> dict[str, Any]:
    """The place of a session that returns from a pause: before every booked one, behind those who returned earlier."""
    return {"line_class": RETURNING, "line_slot_at": now(), "line_at": now(), "line_bump": 0, "away_at": None}


def behind_next(session: ServiceSession) -> dict[str, Any]:
    """The place behind the next three (domain.md: no answer), at the end when fewer are waiting."""
    others = [s for s in line(session.skill_group_id) if s.id != session.id and _key(s) > _key(session)][:BEHIND]
    if not others:
        return {}
    last = others[-1]
    return {"line_class": last.line_class, "line_slot_at": last.line_slot_at, "line_at": last.line_at,
            "line_bump": last.line_bump + 1}  # fmt: skip


def _key(session: ServiceSession) -> tuple[Any, ...]:
    return (session.line_class, session.line_slot_at, session.line_at, session.line_bump, session.id)


# --- the estimate --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figures:
    """What an estimate is made of: agents there, agents free now, quick and slow handling times in seconds."""

    agents: int
    free: int
    quick: float
    slow: float

    def wait(self, ahead: int) -> tuple[int, int] | None:
        """Minutes, from–to, for someone with `ahead` people before; None without an agent."""
        if not self.agents:
            return None
        if ahead < self.free:
            return (0, 1)
        turns = (ahead - self.free + 1) / self.agents
        low, high = ceil(turns * self.quick / 60), ceil(turns * self.slow / 60)
        return (low, max(high, low + 1))


def figures(skill_group_id: str) -> Figures:
    rows = db.session.execute(
        select(AgentDuty.state, AgentDuty.skill_group_ids).where(AgentDuty.state.in_(["idle", "serving", "wrap_up"]))
    ).all()
    mine = [state for state, groups in rows if not groups or skill_group_id in groups]
    quick, slow = _handling_times(skill_group_id)
    return Figures(len(mine), mine.count("idle"), quick, slow)


def _handling_times(skill_group_id: str) -> tuple[float, float]:
    """Quartiles of the recent ones; the configured default while there are fewer than four."""
    query = (
        select(S.served_seconds)
        .where(S.skill_group_id == skill_group_id, S.state == State.COMPLETED, S.ended_at > now() - timedelta(days=14))
        .order_by(S.ended_at.desc())
        .limit(RECENT)
    )
    recent = [max(seconds, 30) for seconds in db.session.scalars(query)]
    if len(recent) < 4:
        usual = settings().usual_handling_minutes * 60
        return usual * 0.7, usual * 1.3
    quarters = statistics.quantiles(recent, n=4)
    return quarters[0], quarters[2]


# --- telling everyone ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tell:
    """Equal for the same line: however many things change in one transaction, the line is told once."""

    skill_group_id: str

    def __call__(self) -> None:
        announce(self.skill_group_id, NEAR)


def changed(skill_group_id: str) -> None:
    """Someone joined, left, was taken or came back: after commit everyone in the line hears the new numbers (P8)."""
    after_commit(_Tell(skill_group_id))


def changed_for_agent(duty: AgentDuty) -> None:
    """An agent came or went: the waiting rooms of all their groups show another number of agents."""
    groups = duty.skill_group_ids or list(db.session.scalars(
        select(S.skill_group_id).where(S.state == State.WAITING).distinct()))  # fmt: skip
    for group in groups:
        changed(group)
    after_commit(lambda: publish("console:duty", {"t": "queue", "duty": duty_id}))
    duty_id = duty.id


def announce(skill_group_id: str, limit: int | None = None) -> None:
    """Send each waiting room its numbers, and the consoles a versioned hint to fetch the list again."""
    at, from_group = now(), figures(skill_group_id)
    ids = db.session.scalars(select(S.id).where(*in_line(skill_group_id)).order_by(*ORDER).limit(limit)).all()
    for ahead, session_id in enumerate(ids):
        told = Place(ahead, from_group.agents, from_group.wait(ahead), at).to_dict()
        publish(f"session:{session_id}", {"t": "queue", **told, "updated_at": at.isoformat()})
    version = int(redis.incr(f"queue-version:{skill_group_id}"))
    publish(f"console:{skill_group_id}", {"t": "queue", "group": skill_group_id, "version": version,
                                          "waiting": len(ids)})  # fmt: skip


def version(skill_group_id: str) -> int:
    return int(redis.get(f"queue-version:{skill_group_id}") or 0)
