"""会话挂起 and 重新连接: a pause keeps the case, whoever or whatever caused it (S44–S46, M50–M53).

Asked for by either side, or made by time: a line was broken beyond the grace, or the pause itself ran out.
"""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from backend.booking import calendar
from backend.booking import service as booking
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.settings import settings
from backend.session import call, duty, notices, queue
from backend.session.access import already_open, get_as, let_go, locked
from backend.session.errors import OutsideServiceHours
from backend.session.machine import LIVE, State, machine
from backend.session.models import NOBODY, ServiceSession
from backend.session.timeline import SYSTEM, record


def suspend(
    actor: Actor | None, session_id: str, reason: str = "", missing: Iterable[str] = (), *, cause: str = "asked"
) -> ServiceSession:
    """Pause without losing the case: chat, materials and commitment stay, the agent is free for others.

    `actor` None with `cause` "connection_lost" or "agent_lost": the grace time ran out.
    """
    with unit_of_work():
        session, by = (get_as(actor, session_id, "applicant", "agent")) if actor else (locked(session_id), "system")
        until = calendar.workdays_later(now(), settings().suspend_workdays)
        call.end_all(session, actor)
        machine.apply(
            session, "suspend", by, suspended_by=by, suspend_reason=reason or None, missing=list(missing),
            suspend_until=until, served_seconds=session.seconds_served(), applicant_lost_at=None, agent_lost_at=None,
        )  # fmt: skip
        duty.finish(session.agent_id, "lose" if cause == "agent_lost" else "free")
        record(session, "session.suspended", actor,
               {"cause": cause, "reason": reason, "missing": list(missing), "until": until})  # fmt: skip
        notices.paused(session, until)
        queue.changed(session.skill_group_id)
    return session


def connection_lost(session_id: str) -> ServiceSession:
    """The applicant's line was broken for longer than the grace time (S46): kept, and the agent is free."""
    return suspend(None, session_id, cause="connection_lost")


def agent_lost(session_id: str) -> ServiceSession:
    """The agent's line was: the applicant goes back to the head of the line, for any agent (P13)."""
    with unit_of_work():
        suspend(None, session_id, cause="agent_lost")
        return reconnect(None, session_id)


def step_away(session_id: str) -> ServiceSession:
    """A waiting page is gone: those behind move up. The ticket stays, the place does not (P8; channel.came)."""
    with unit_of_work():
        session = locked(session_id)
        if session.state == State.WAITING and session.applicant_lost_at and not session.away_at:
            session.away_at = now()
            queue.changed(session.skill_group_id)
    return session


def reconnect(actor: Actor | None, session_id: str) -> ServiceSession:
    """重新连接: back into the line, at the front, own agent first, without a booking. Again and again is no error.

    Raises SessionOpen (another session is going on), OutsideServiceHours.
    """
    with unit_of_work():
        session = get_as(actor, session_id, "applicant")[0] if actor else locked(session_id)
        if session.state in LIVE:
            return session
        if actor and not calendar.in_service_hours(session.skill_group_id):
            raise OutsideServiceHours()
        notices.pause_over(session)
        agent_id, agent_name = session.agent_id, session.agent_name
        own_first = now() + timedelta(minutes=settings().own_agent_minutes) if actor else None
        try:
            with db.session.begin_nested():
                machine.apply(
                    session, "reconnect", "applicant" if actor else "system", **queue.front(), **NOBODY,
                    waiting_since=now(), own_agent_until=own_first, no_answers=0,
                    suspended_by=None, suspend_reason=None, suspend_until=None,
                )  # fmt: skip
        except IntegrityError as clash:
            raise already_open(session.applicant_id) from clash
        record(session, "session.reconnected", actor, {"own_agent": agent_name if actor else None})
        let_go(session, agent_id)
        queue.changed(session.skill_group_id)
    return session


def expire(session_id: str, reason: str) -> ServiceSession:
    """Time ended it: the suspension ran out, or a waiting page was gone for too long."""
    with unit_of_work():
        session = locked(session_id)
        never_served = session.answered_at is None
        notices.pause_over(session)
        machine.apply(session, "expire", "system", ended_at=now())
        (booking.back_to_booked if never_served else booking.mark_served)(session.booking_id)
        record(session, "session.abandoned", SYSTEM, {"reason": reason})
        queue.changed(session.skill_group_id)
    return session
