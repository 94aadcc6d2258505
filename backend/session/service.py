"""The verbs of a session's life, from the line to the end: join, take, answer, complete.

Each is one transaction: lock, move the machine, append to the timeline. The pause is in pause.py; what the two do
together while the session is active is in chat.py, call.py and handover.py.
"""

import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backend.booking import service as booking
from backend.catalog import service as catalog
from backend.identity import service as identity
from backend.platform.auth import Actor
from backend.platform.clock import now, today
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Conflict, NotAllowedNow, NotFound
from backend.platform.settings import settings
from backend.session import call, duty, gate, hooks, notices, queue
from backend.session.access import already_open, get_as, get_for, let_go, locked, scope_of, serving, side_of
from backend.session.errors import AlreadyTaken, NobodyWaiting
from backend.session.machine import ENDED, State, machine
from backend.session.models import NOBODY, ServiceSession
from backend.session.timeline import SYSTEM, events, record

__all__ = [
    "accept", "answer", "cancel_ring", "complete", "decline", "events", "get_as", "get_for", "join", "leave", "note",
    "record", "scope_of", "serving", "side_of", "take_next",
]  # fmt: skip
S = ServiceSession


# --- into the line ------------------------------------------------------------------------------------------


def join(
    actor: Actor, booking_id: str, consents: Iterable[gate.Agreed], *, materials_ready: bool, ip: str | None = None
) -> ServiceSession:
    """Enter the line with a booking, inside its slot (S14, S16, S40). Joining again gives the same session (S08).

    Raises what the gate and the booking refuse: ConsentMissing, TextChanged, MaterialsNotReady, not in the slot…;
    SessionOpen when the applicant has another session going on.
    """
    with unit_of_work():
        if same := _open_with(actor, booking_id):
            return same
        texts = gate.check(consents, materials_ready=materials_ready)
        try:
            session = _enter(actor, booking_id)
        except Conflict:
            if same := _open_with(actor, booking_id):  # the other device was a moment faster
                return same
            raise
        gate.keep(session, actor, texts, ip)
        record(session, "consent.given", actor, {"texts": [t.receipt() for t in texts]})
        record(session, "session.queued", actor, {"item": session.item_name})
        notices.entered(session)
        queue.changed(session.skill_group_id)
    return session


def _enter(actor: Actor, booking_id: str) -> ServiceSession:
    """The booking is used up first: of two joins at once the second stops there."""
    booked = booking.for_queue(actor.id, booking_id)
    booking.mark_queued(booking_id)
    item, person = catalog.get_item(booked.item_id), identity.profile(actor.id)
    session = S(
        number=f"{today():%Y%m%d}{secrets.randbelow(10**8):08d}",
        applicant_id=actor.id, applicant_name=person["masked_name"], real_name_level=person["real_name_level"],
        item_id=item.id, item_name=item.name, mail_allowed=item.mail_allowed, skill_group_id=item.skill_group_id,
        booking_id=booking_id, state=State.WAITING, line_class=queue.BOOKED, line_slot_at=booked.start_at,
        line_at=now(), waiting_since=now(),
    )  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(session)
    except IntegrityError as clash:
        raise already_open(actor.id) from clash
    return session


def leave(actor: Actor, session_id: str) -> ServiceSession:
    """Leave the line, or give up a suspended case. From the line the booking can be used again inside its slot."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant")
        was = session.state
        notices.pause_over(session)
        machine.apply(session, "leave", "applicant", ended_at=now())
        if was == State.WAITING and session.answered_at is None:
            booking.back_to_booked(session.booking_id)
        else:
            booking.mark_served(session.booking_id)
        record(session, "session.abandoned", actor, {"reason": "left"})
        queue.changed(session.skill_group_id)
    return session


# --- an agent takes one -------------------------------------------------------------------------------------


def accept(agent: Actor, session_id: str) -> ServiceSession:
    """Take a chosen applicant: it rings there. Of many agents exactly one wins, the others get AlreadyTaken (P11)."""
    with unit_of_work():
        card = duty.take(agent)
        session = db.session.get(S, session_id)
        if session is None or not duty.serves(card, session.skill_group_id):
            raise NotFound()
        if not _ring(agent, card, session):
            raise AlreadyTaken(state=session.state)
    return session


def take_next(agent: Actor) -> ServiceSession:
    """Take the first in line; a lost race goes on to the one behind. Raises NobodyWaiting (S07)."""
    with unit_of_work():
        card = duty.take(agent)
        for session_id in queue.candidates(agent.id, card.skill_group_ids):
            session = db.session.get_one(S, session_id)
            if _ring(agent, card, session):
                return session
        raise NobodyWaiting()


def _ring(agent: Actor, card: duty.AgentDuty, session: ServiceSession) -> bool:
    """waiting → ringing for this agent, or False: somebody was faster."""
    until = now() + timedelta(seconds=settings().ring_seconds)
    try:
        machine.apply(
            session, "accept", "agent", agent_id=agent.id, agent_name=agent.name, agent_number=card.number,
            ring_until=until, agent_lost_at=None, own_agent_until=None,
        )  # fmt: skip
    except NotAllowedNow:
        return False
    record(session, "session.ringing", agent, {"number": card.number, "until": until})
    notices.came_up(session)
    queue.changed(session.skill_group_id)
    return True


def cancel_ring(actor: Actor | None, session_id: str) -> ServiceSession:
    """The agent (or, when the agent is gone, the system) takes a ring back; the applicant keeps the place."""
    with unit_of_work():
        session = _for_agent_or_system(actor, session_id)
        agent_id = session.agent_id
        machine.apply(session, "cancel_ring", "agent" if actor else "system", **NOBODY)
        duty.finish(agent_id, "free" if actor else "lose")
        record(session, "session.queued", actor, {"ring": "cancelled"})
        let_go(session, agent_id)
        queue.changed(session.skill_group_id)
    return session


# --- the applicant answers, or does not ---------------------------------------------------------------------


def answer(actor: Actor, session_id: str, endpoint: str = "applicant-pc") -> ServiceSession:
    """The session begins. On a PC the call starts by itself and a screen-share request is recorded (S18, S41)."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant")
        machine.apply(session, "answer", "applicant", answered_at=now(), ring_until=None, no_answers=0,
                      own_agent_id=S.agent_id, applicant_lost_at=None)  # fmt: skip
        record(session, "session.accepted", actor, {"agent": session.agent_name, "number": session.agent_number})
        if endpoint == "applicant-pc":
            call.begin_by_itself(session, actor, endpoint)
        queue.changed(session.skill_group_id)
    return session


def decline(actor: Actor | None, session_id: str) -> ServiceSession:
    """No answer: the applicant pressed "not now", or (`actor` None) 30 s went by.

    The first time: back into the line behind the next three. The second time the session is over and the booking
    missed (domain.md, State machines).
    """
    with unit_of_work():
        session = get_as(actor, session_id, "applicant")[0] if actor else locked(session_id)
        by, agent_id = ("applicant" if actor else "system"), session.agent_id
        end_booking = booking.mark_served if session.answered_at else booking.mark_missed
        if session.no_answers == 0:
            place = queue.behind_next(session)
            machine.apply(session, "decline", by, **place, **NOBODY, no_answers=1)
            record(session, "session.no_answer", actor, {"declined": actor is not None, "again": True})
        else:
            machine.apply(session, "give_up", by, ended_at=now(), ring_until=None)
            end_booking(session.booking_id)
            record(session, "session.no_answer", actor, {"declined": actor is not None, "again": False})
            record(session, "session.abandoned", SYSTEM, {"reason": "no_answer"})
        duty.finish(agent_id, "free")
        let_go(session, agent_id)
        queue.changed(session.skill_group_id)
    return session


# --- the end ----------------------------------------------------------------------------------------------------


def complete(agent: Actor, session_id: str, outcome: str, text: str = "") -> ServiceSession:
    """办结 with an outcome; siblings may refuse first (hooks.before_complete). The agent goes to wrap-up."""
    with unit_of_work():
        session, _ = get_as(agent, session_id, "agent")
        for check in hooks.checks_before_complete:
            check(session)
        call.end_all(session, agent)
        seconds = session.seconds_served()
        machine.apply(session, "complete", "agent", outcome=outcome, ended_at=now(), served_seconds=seconds)
        duty.finish(session.agent_id, "wrap_up", "agent")
        booking.mark_served(session.booking_id)
        if text:
            record(session, "note.added", agent, {"text": text}, audience="staff")
        record(session, "session.completed", agent, {"outcome": outcome})
        for told in hooks.completed_listeners:
            told(session)
        queue.changed(session.skill_group_id)
    return session


def note(agent: Actor, session_id: str, text: str) -> Any:
    """A note that staff see and the applicant does not. Allowed after the end too (wrap-up)."""
    with unit_of_work():
        session, _ = get_as(agent, session_id, "agent", "observer")
        return record(session, "note.added", agent, {"text": text}, audience="staff")


# --- inside ---------------------------------------------------------------------------------------------------


def _for_agent_or_system(actor: Actor | None, session_id: str) -> ServiceSession:
    return get_as(actor, session_id, "agent")[0] if actor else locked(session_id)


def _open_with(actor: Actor, booking_id: str) -> ServiceSession | None:
    """The session this booking already has, if it is not over: a second join, perhaps from the other device."""
    query = select(S).where(S.booking_id == booking_id, S.applicant_id == actor.id).order_by(S.id.desc())
    found = db.session.scalar(query.execution_options(populate_existing=True))
    return found if found is not None and found.state not in ENDED else None
