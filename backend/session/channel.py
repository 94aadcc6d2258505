"""The socket of a session: who may listen, under which address, and what coming and going means.

Being connected is presence, not state (domain.md): a lost socket only notes since when. What follows after the grace
time is in jobs.py, by the clock, so that a restart of anything changes nothing.
"""

from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import update

from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.realtime import bus
from backend.realtime.channels import Channel, channel
from backend.session import duty, queue, timeline
from backend.session.access import Side, get_for, side_of
from backend.session.machine import LIVE, OPEN
from backend.session.models import ServiceSession
from backend.session.timeline import room_of

S = ServiceSession
APPLICANT_ENDPOINTS = ("applicant-pc", "applicant-phone")
UPWARD = frozenset({"signal", "typing", "pointer"})


@channel("session")
def listen(actor: Actor, request: dict[str, Any]) -> Channel:
    """{"channel": "session", "id", "endpoint"}: the timeline from N on, signalling, presence, the place in line."""
    session = get_for(actor, str(request.get("id", "")))
    side = side_of(actor, session)
    endpoint = _endpoint(actor, side, request.get("endpoint"))
    room, session_id, staff = room_of(session.id), session.id, actor.staff

    def snapshot(after: int) -> list[dict[str, Any]]:
        found = timeline.events(session_id, after, staff=staff)
        return [{"t": "event", "room": room, "event": event} for event in found]

    return Channel(
        rooms=[room],
        endpoint=endpoint,
        snapshot=snapshot,
        render=None if staff else timeline.hide,
        on_open=lambda: came(session_id, actor),
        on_close=lambda: went(session_id, actor),
        says=UPWARD if endpoint and session.state in OPEN else frozenset(),
        epoch=session.call_epoch,
    )


def _endpoint(actor: Actor, side: Side | None, asked: Any) -> str | None:
    """A handed-over phone is the phone whatever it says; one who only looks on has no address."""
    if side == "applicant":
        return "applicant-phone" if actor.scope or asked == "applicant-phone" else "applicant-pc"
    return "agent" if side == "agent" else None


def endpoints(session_id: str) -> list[str]:
    """Who is connected now; nobody as far as we know while Redis is away."""
    try:
        return bus.endpoints(room_of(session_id))
    except RedisError:
        return []


def came(session_id: str, actor: Actor) -> None:
    """The caller is there (a socket opened, a page asked): what was noted as lost is no longer.

    One who was away beyond the grace time comes back into the line by the present arrival (P8).
    """
    session = db.session.get(S, session_id, populate_existing=True)
    side = side_of(actor, session) if session else None
    if session is None or session.state not in LIVE:
        return
    if side == "agent":
        duty.seen(actor.id)
        if session.agent_lost_at:
            _set(session_id, agent_lost_at=None)
    elif side == "applicant" and (session.applicant_lost_at or session.away_at):
        back = {"line_at": now(), "line_bump": 0} if session.away_at else {}
        _set(session_id, applicant_lost_at=None, away_at=None, **back)
        if back:
            queue.changed(session.skill_group_id)


def went(session_id: str, actor: Actor) -> None:
    """The caller's socket is gone and no other of that side is there: note since when.

    Noted first and looked at again afterwards: whoever returns in between has either been seen here, or finds the note
    and takes it back (`came`).
    """
    session = db.session.get(S, session_id, populate_existing=True)
    side = side_of(actor, session) if session else None
    if session is None or session.state not in LIVE or side not in ("applicant", "agent"):
        return
    column = f"{side}_lost_at"
    if getattr(session, column) is None and not _is_there(session_id, side):
        _set(session_id, **{column: now()})
        if _is_there(session_id, side):
            _set(session_id, **{column: None})


def _is_there(session_id: str, side: Side) -> bool:
    mine = APPLICANT_ENDPOINTS if side == "applicant" else ("agent",)
    return any(endpoint in mine for endpoint in endpoints(session_id))


def _set(session_id: str, **values: Any) -> None:
    with unit_of_work():
        db.session.execute(
            update(S).where(S.id == session_id, S.state.in_([s.value for s in LIVE])).values(values)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        db.session.expire_all()
