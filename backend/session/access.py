"""Who may reach a session, and as what. Someone else's session and a missing one give the same answer."""

from typing import Literal

from sqlalchemy import select

from backend.platform.auth import Actor
from backend.platform.db import after_commit, db
from backend.platform.errors import NotFound
from backend.realtime import bus
from backend.session import timeline
from backend.session.errors import NotYourSession, SessionNotActive, SessionOpen
from backend.session.machine import LIVE, State
from backend.session.models import ServiceSession

Side = Literal["applicant", "agent", "observer"]


def scope_of(session_id: str) -> str:
    """The scope of a login that may only take part in this session (S30: the phone that was handed over to)."""
    return f"session:{session_id}"


def side_of(actor: Actor, session: ServiceSession) -> Side | None:
    """As what `actor` takes part: its applicant, its agent, an observer (supervisor, admin), or None: not at all."""
    if actor.scope and actor.scope != scope_of(session.id):
        return None
    if not actor.staff:
        return "applicant" if actor.id == session.applicant_id else None
    if actor.id == session.agent_id:
        return "agent"
    return "observer" if actor.has("supervisor", "admin") else None


def get_for(actor: Actor, session_id: str, *, locked: bool = False) -> ServiceSession:
    """The session if `actor` may see it; raises NotFound. `locked`: as of now, until the unit of work ends."""
    session = timeline.lock(session_id) if locked else db.session.get(ServiceSession, session_id)
    if session is None or side_of(actor, session) is None:
        raise NotFound()
    return session


def get_as(actor: Actor, session_id: str, *sides: Side) -> tuple[ServiceSession, Side]:
    """The locked session for a verb of `sides`; raises NotFound, or NotYourSession for one who may only look."""
    session = get_for(actor, session_id, locked=True)
    side = side_of(actor, session)
    if side not in sides:
        raise NotYourSession()
    return session, side


def serving(agent: Actor, session_id: str) -> ServiceSession:
    """The locked session whose agent asks something of the applicant; raises SessionNotActive before and after."""
    session, _ = get_as(agent, session_id, "agent")
    if session.state != State.ACTIVE:
        raise SessionNotActive(state=session.state)
    return session


def locked(session_id: str) -> ServiceSession:
    """The locked session for what time or a rule does to it; raises NotFound."""
    session = timeline.lock(session_id)
    if session is None:
        raise NotFound()
    return session


def let_go(session: ServiceSession, agent_id: str | None) -> None:
    """The agent has the session no longer: after commit their sockets in its room end (P46)."""
    room = timeline.room_of(session.id)
    if agent_id:
        after_commit(lambda: bus.close_sockets(room=room, user=agent_id))


def already_open(applicant_id: str) -> SessionOpen:
    """The refusal for someone who has another session going on; its details name that one."""
    query = select(ServiceSession.id).where(ServiceSession.applicant_id == applicant_id, ServiceSession.state.in_(LIVE))
    return SessionOpen(session_id=db.session.scalar(query))
