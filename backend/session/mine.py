"""An applicant's sessions as a whole: what is not over, what belongs to which booking, two accounts that become one."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from backend.booking.views import booking_extra
from backend.identity import service as identity
from backend.platform.auth import Actor
from backend.platform.db import db
from backend.session.errors import SessionOpen
from backend.session.machine import LIVE, OPEN, State
from backend.session.models import Consent, ServiceSession

S = ServiceSession


def open_of(actor: Actor) -> list[ServiceSession]:
    """未完成业务: the actor's sessions that are not over, newest first."""
    mine = S.agent_id if actor.staff else S.applicant_id
    query = select(S).where(mine == actor.id, S.state.in_([s.value for s in OPEN])).order_by(S.id.desc())
    if actor.scope:
        query = query.where(S.id == actor.scope.removeprefix("session:"))
    return list(db.session.scalars(query))


@booking_extra
def of_bookings(booking_ids: list[str]) -> dict[str, dict[str, Any]]:
    """What 预约记录 shows of a booking's latest session: its id, and 重新连接 or the way back in (S45, S46)."""
    query = select(S.booking_id, S.id, S.state).where(S.booking_id.in_(booking_ids)).order_by(S.id)
    ways = {State.SUSPENDED: ["reconnect"], **{state: ["enter"] for state in LIVE}}
    return {b: {"session_id": id, "actions": ways.get(State(state), [])} for b, id, state in db.session.execute(query)}


@identity.on_merge
def merge_users(gone: str, kept: str) -> None:
    """Two accounts turned out to be one person (P45): the sessions follow. Raises SessionOpen if both have one."""
    try:
        with db.session.begin_nested():
            db.session.execute(update(S).where(S.applicant_id == gone).values(applicant_id=kept))
            db.session.execute(update(Consent).where(Consent.user_id == gone).values(user_id=kept))
    except IntegrityError as clash:
        raise SessionOpen() from clash
