"""What a session tells its applicant beyond the page: the turn is near, a pause runs out (features M14, M16, M50)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from backend.booking import calendar
from backend.notice import service as notices
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotAllowedNow
from backend.platform.settings import settings
from backend.session import queue
from backend.session.access import get_as
from backend.session.machine import State
from backend.session.models import ServiceSession

NEAR = 3  # people ahead
GOOD_FOR = timedelta(minutes=15)  # later than that the turn has come, or gone
S = ServiceSession


# --- the turn -----------------------------------------------------------------------------------------------


def entered(session: ServiceSession) -> None:
    """Somebody has joined the line: from far back they will be told when their turn is near."""
    session.tell_near = queue.ahead_of(session) > NEAR


def call_me(actor: Actor, session_id: str) -> ServiceSession:
    """“先离开一会儿”: the place is kept while the page is closed, and a text message is worth it. Again is no error."""
    with unit_of_work():
        session, _ = get_as(actor, session_id, "applicant")
        if session.state != State.WAITING:
            raise NotAllowedNow("只有在等候时可以设置", state=session.state)
        session.call_me = True
    return session


def tell_those_near() -> None:
    """Everyone who came in from far back and has at most three people ahead now is told, once."""
    groups = select(S.skill_group_id).where(S.state == State.WAITING, S.tell_near).distinct()
    for group in list(db.session.scalars(groups)):
        first = select(S.id).where(*queue.in_line(group)).order_by(*queue.ORDER).limit(NEAR + 1)
        for ahead, session_id in enumerate(list(db.session.scalars(first))):
            _tell(session_id, ahead)


def _tell(session_id: str, ahead: int) -> None:
    with unit_of_work():
        mine = (S.id == session_id, S.state == State.WAITING, S.tell_near)
        statement = update(S).where(*mine).values(tell_near=False).execution_options(synchronize_session=False)
        found: Any = db.session.execute(statement.returning(S.applicant_id, S.item_name, S.call_me)).one_or_none()
        if found is not None:
            data = {"id": session_id, "item": found.item_name, "ahead": ahead, "asked": found.call_me}
            notices.notify(found.applicant_id, "turn_near", data, key=_near(session_id), until=now() + GOOD_FOR)


def came_up(session: ServiceSession) -> None:
    """It rings: what was still to be said about the turn is said by the ring."""
    notices.withdraw(_near(session.id))


def _near(session_id: str) -> str:
    return f"session:{session_id}:near"


# --- the pause ----------------------------------------------------------------------------------------------


def paused(session: ServiceSession, until: datetime) -> None:
    """One workday before the pause runs out its owner is reminded."""
    days = settings().suspend_workdays - 1
    due = calendar.workdays_later(now(), days) if days > 0 else now()
    data = {"id": session.id, "item": session.item_name, "until_at": until}
    key = _pause(session.id, until)
    notices.notify(session.applicant_id, "session_expiring", data, key=key, due_at=due, until=until)


def pause_over(session: ServiceSession) -> None:
    """Back in line, given up or run out (called before the session forgets until when)."""
    if session.suspend_until:
        notices.withdraw(_pause(session.id, session.suspend_until))


def _pause(session_id: str, until: datetime) -> str:
    return f"session:{session_id}:pause:{until.timestamp():.0f}"
