"""What time does to sessions and agents. Each sweep reads the database's clock columns, may run twice, and may be
missed: the next one does it. A restart of web, worker or Redis changes nothing.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import DomainError
from backend.platform.jobs import job, periodic
from backend.platform.settings import settings
from backend.realtime.bus import endpoints
from backend.session import channel, duty, moderation, notices, pause, queue, service, timeline
from backend.session.duty import Duty
from backend.session.machine import LIVE, State
from backend.session.models import AgentDuty, ServiceSession
from backend.session.timeline import room_of

log = logging.getLogger(__name__)
S = ServiceSession


@periodic(seconds=2)
def end_rings() -> None:
    """30 s without an answer."""
    _each(lambda id: service.decline(None, id), S.state == State.RINGING, S.ring_until <= now())


@periodic(seconds=5)
def watch_presence() -> None:
    """Compare who is connected with what is noted: finds those who went while a process died (no on_close)."""
    query = select(S.id, S.state, S.agent_id, S.applicant_lost_at, S.agent_lost_at)
    for id, state, agent_id, applicant_lost, agent_lost in db.session.execute(query.where(S.state.in_(LIVE))).all():
        there = endpoints(room_of(id))
        here = any(e in channel.APPLICANT_ENDPOINTS for e in there)
        _note(id, "applicant_lost_at", applicant_lost, here)
        if state != State.WAITING:
            _note(id, "agent_lost_at", agent_lost, "agent" in there or duty.seen_lately(agent_id))


@periodic(seconds=5)
def end_grace() -> None:
    """A line that has been broken for longer than the grace time."""
    limit = now() - timedelta(seconds=settings().grace_seconds)
    _each(pause.connection_lost, S.state == State.ACTIVE, S.applicant_lost_at <= limit)
    _each(pause.agent_lost, S.state == State.ACTIVE, S.agent_lost_at <= limit)
    _each(lambda id: service.cancel_ring(None, id), S.state == State.RINGING, S.agent_lost_at <= limit)
    gone = (S.away_at.is_(None), S.call_me.is_(False), S.applicant_lost_at <= limit)
    _each(pause.step_away, S.state == State.WAITING, *gone)


@periodic(seconds=60)
def end_suspensions() -> None:
    """Suspended for more than five workdays; waiting with the page gone for half an hour."""
    gone = now() - timedelta(minutes=settings().away_minutes)
    over = (S.state == State.SUSPENDED, S.suspend_until <= now())
    _each(lambda id: pause.expire(id, "suspension_over"), *over)
    _each(lambda id: pause.expire(id, "gone"), S.state == State.WAITING, S.away_at <= gone)


@periodic(seconds=10)
def watch_agents() -> None:
    """An agent whose console is connected is there; one that has been silent goes offline (P12: no ghosts)."""
    ids = db.session.scalars(select(AgentDuty.id).where(AgentDuty.state != Duty.OFFLINE)).all()
    here = [id for id in ids if endpoints(f"agent:{id}")]
    if here:
        with unit_of_work():
            db.session.execute(update(AgentDuty).where(AgentDuty.id.in_(here)).values(seen_at=now()))
    for silent in [card.id for card in duty.unseen()]:
        duty.drop(silent)


@periodic(seconds=2)
def tell_long_lines() -> None:
    """Those far back in a long line hear their numbers here (queue.NEAR)."""
    query = select(S.skill_group_id).where(S.state == State.WAITING).group_by(S.skill_group_id)
    for group in db.session.scalars(query.having(func.count() > queue.NEAR)).all():
        queue.announce(group)


@periodic(seconds=5)
def tell_those_near() -> None:
    """At most three people ahead: the applicant is told, wherever they are."""
    notices.tell_those_near()


@job("session.check_text")
def check_text(session_id: str, seq: int) -> None:
    moderation.check_text_again(session_id, seq)


@job("session.check_image")
def check_image(session_id: str, seq: int) -> None:
    moderation.ask_about_image(session_id, seq)


def _each(do: Callable[[str], object], *conditions: Any) -> None:
    """Do it to every session that meets the conditions, one at a time and looked at again under its lock: what a
    person did a moment earlier wins, and one fault stops nobody else's turn.
    """
    db.session.rollback()  # a fresh view of the present
    for id in db.session.scalars(select(S.id).where(*conditions).order_by(S.id).limit(500)).all():
        try:
            with unit_of_work():
                timeline.lock(id)
                if db.session.scalar(select(S.id).where(S.id == id, *conditions)):
                    do(id)
        except DomainError:
            log.info("a sweep came too late for session %s", id)
        except Exception:
            log.exception("a sweep failed for session %s", id)


def _note(session_id: str, column: str, lost_at: Any, here: bool) -> None:
    if here == (lost_at is None):
        return
    with unit_of_work():
        db.session.execute(
            update(S).where(S.id == session_id, getattr(S, column).is_not_distinct_from(lost_at))
            .values({column: None if here else now()}).execution_options(synchronize_session=False)
        )  # fmt: skip
