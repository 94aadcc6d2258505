"""The verbs of rating: invited when a session is completed, given once, changed within seven days (P47)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from backend.booking.calendar import workdays_later
from backend.identity import service as identity
from backend.notice import service as notices
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.db import db, unit_of_work
from backend.rating import rules
from backend.rating.errors import AlreadyRated, FollowUpNotFound, NotOver, RatingClosed, UnknownTag
from backend.rating.machine import State, machine
from backend.rating.models import FollowUp, Rating
from backend.session import access, timeline
from backend.session.machine import State as SessionState
from backend.session.models import ServiceSession

UNANSWERED = timedelta(minutes=10)  # who has not rated on the page by then is told outside
INVITED, GIVEN = "rating.invited", "rating.given"


def invite(session: ServiceSession) -> None:
    """Ask for a rating; called in the transaction that completes the session. An abandoned one is not asked for."""
    until = rules.closes_at(session.ended_at or now())
    timeline.record(session, INVITED, timeline.SYSTEM, {"until": timeline.stamp(until)})
    data = {"id": session.id, "item": session.item_name, "until_at": until}
    due = now() + UNANSWERED
    notices.notify(session.applicant_id, "rating", data, key=_notice(session.id), due_at=due, until=until)


def _notice(session_id: str) -> str:
    return f"rating:{session_id}"


def rate(
    actor: Actor,
    session_id: str,
    *,
    level: int,
    tags: list[str],
    comment: str = "",
    anonymous: bool = False,
    change: bool = False,
) -> Rating:
    """Give the session's rating. The same again is no error; another one needs `change` and keeps the one before.

    Raises NotOver, RatingClosed, AlreadyRated, UnknownTag, NotYourSession. A bad one opens a follow-up.
    """
    if not rules.tags_fit(level, tags):
        raise UnknownTag()
    given = {"level": level, "tags": tags, "comment": comment, "anonymous": anonymous}
    with unit_of_work():
        session, _ = access.get_as(actor, session_id, "applicant")
        row = of_session(session_id)
        if row and facts(row) == given:
            return row
        _still_open(session)
        if row is None:
            row = _first(session, given)
        elif change:
            row.changes = [*row.changes, {**facts(row), "at": timeline.stamp(row.updated_at)}]
            for name, value in given.items():
                setattr(row, name, value)
            row.updated_at = now()
        else:
            raise AlreadyRated(rating=facts(row))
        db.session.flush()
        _follow_up(row)
        shown = {"anonymous": True} if anonymous else {"level": level, "tags": tags, "comment": comment}
        timeline.record(session, GIVEN, actor, {**shown, "changed": bool(row.changes)})
        notices.withdraw(_notice(session_id))
        return row


def _still_open(session: ServiceSession) -> None:
    if session.state != SessionState.COMPLETED or session.ended_at is None:
        raise NotOver(state=session.state)
    if now() >= rules.closes_at(session.ended_at):
        raise RatingClosed()


def _first(session: ServiceSession, given: dict[str, Any]) -> Rating:
    row = Rating(
        session_id=session.id, applicant_id=session.applicant_id, agent_id=session.agent_id, item_id=session.item_id,
        changes=[], created_at=now(), updated_at=now(), **given,
    )  # fmt: skip
    db.session.add(row)
    return row


def _follow_up(row: Rating) -> None:
    """A bad rating has one work order; a changed mind withdraws or reopens it, unless it is done."""
    order = db.session.scalars(select(FollowUp).where(FollowUp.rating_id == row.id)).first()
    if order is None and rules.bad(row.level):
        due = workdays_later(now(), rules.FOLLOW_UP_WORKDAYS)
        db.session.add(FollowUp(rating_id=row.id, state=State.OPEN.value, opened_at=now(), due_at=due))
    elif order and order.state == State.OPEN and not rules.bad(row.level):
        machine.apply(order, "withdraw", "applicant")
    elif order and order.state == State.WITHDRAWN and rules.bad(row.level):
        machine.apply(order, "reopen", "applicant")


def of_session(session_id: str) -> Rating | None:
    return db.session.scalars(select(Rating).where(Rating.session_id == session_id)).first()


def get_rating(rating_id: str) -> Rating:
    return db.session.get_one(Rating, rating_id)


def facts(row: Rating) -> dict[str, Any]:
    return {"level": row.level, "tags": row.tags, "comment": row.comment, "anonymous": row.anonymous}


# --- figures -----------------------------------------------------------------------------------------------


def level_counts(since: datetime | None = None) -> dict[int, int]:
    """How many ratings of each level, all or since a moment."""
    query = select(Rating.level, func.count()).group_by(Rating.level)
    if since:
        query = query.where(Rating.created_at >= since)
    return dict(db.session.execute(query).all())


def good_rate() -> float | None:
    """服务好评 in percent (guide row S5, domain rule 13); None while nobody has rated."""
    return rules.good_percent(level_counts())


# --- the supervisor's side -----------------------------------------------------------------------------------


def follow_ups(state: str = State.OPEN) -> list[tuple[FollowUp, Rating]]:
    """Work orders of bad ratings, the most urgent first."""
    query = (
        select(FollowUp, Rating).join(Rating, Rating.id == FollowUp.rating_id).where(FollowUp.state == state)
    )
    return [
        (order, rating) for order, rating in db.session.execute(query.order_by(FollowUp.due_at).limit(200))
    ]


def close_follow_up(actor: Actor, follow_up_id: str, result: str) -> FollowUp:
    """The applicant was called back; `result` says what came of it. Raises FollowUpNotFound, NotAllowedNow."""
    with unit_of_work():
        order = db.session.get(FollowUp, follow_up_id)
        if order is None:
            raise FollowUpNotFound()
        machine.apply(order, "close", "supervisor", handled_by=actor.id, handled_at=now(), result=result)
        return order


@identity.on_merge
def _merged(gone: str, kept: str) -> None:
    """Two accounts turned out to be one person (P45): the ratings follow."""
    db.session.execute(update(Rating).where(Rating.applicant_id == gone).values(applicant_id=kept))
