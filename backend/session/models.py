"""What is stored of a session, and the rules the database keeps by itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime
from backend.session.machine import LIVE, SERVED


def _while(states: tuple[str, ...]) -> Any:
    """A partial index condition: only rows in one of `states`."""
    return text("state IN ({})".format(", ".join(f"'{s}'" for s in states)))


class ServiceSession(Model):
    """One case: who, what, in which state, with whom."""

    __tablename__ = "service_session"
    __table_args__ = (
        Index("uq_session_user_live", "applicant_id", unique=True,
              sqlite_where=_while(LIVE), postgresql_where=_while(LIVE)),
        Index("uq_session_agent_serving", "agent_id", unique=True,
              sqlite_where=_while(SERVED), postgresql_where=_while(SERVED)),
        Index("ix_session_line", "skill_group_id", "state", "line_class", "line_slot_at", "line_at"),
        Index("ix_session_applicant", "applicant_id", "id"),
        Index("ix_session_agent", "agent_id", "id"),
        CheckConstraint("last_seq >= 0", name="seq"),
    )  # fmt: skip

    number: Mapped[str] = mapped_column(String(32), unique=True)  # shown to people and printed on copies
    applicant_id: Mapped[str] = mapped_column(String(26))
    applicant_name: Mapped[str] = mapped_column(String(16))  # masked: 张*
    real_name_level: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[str] = mapped_column(String(26))
    item_name: Mapped[str] = mapped_column(String(200))
    mail_allowed: Mapped[bool] = mapped_column(default=False)
    skill_group_id: Mapped[str] = mapped_column(String(26))
    booking_id: Mapped[str] = mapped_column(String(26), index=True)
    state: Mapped[str] = mapped_column(String(16))
    last_seq: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)

    # the line (queue.py): returning before booked, then slot start, then arrival; a bump puts one behind a neighbour
    line_class: Mapped[int] = mapped_column(default=1)
    line_slot_at: Mapped[datetime]
    line_at: Mapped[datetime]
    line_bump: Mapped[int] = mapped_column(default=0)
    waiting_since: Mapped[datetime]
    away_at: Mapped[datetime | None]  # waiting, but the page is gone beyond the grace time: passed over
    no_answers: Mapped[int] = mapped_column(default=0)
    call_me: Mapped[bool] = mapped_column(default=False)  # asked to be called: the place is kept without the page
    tell_near: Mapped[bool] = mapped_column(default=False)  # came in from far back: is told once when the turn is near
    own_agent_id: Mapped[str | None] = mapped_column(String(26))  # who answered for it last: preferred on a return …
    own_agent_until: Mapped[datetime | None]  # … until then

    # the agent: who serves or, when suspended or ended, who served; nobody while waiting
    agent_id: Mapped[str | None] = mapped_column(String(26))
    agent_name: Mapped[str | None] = mapped_column(String(64))
    agent_number: Mapped[str | None] = mapped_column(String(32))
    ring_until: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]  # of the present stretch
    served_seconds: Mapped[int] = mapped_column(default=0)  # of all finished stretches
    applicant_lost_at: Mapped[datetime | None]  # presence: the last socket went away then
    agent_lost_at: Mapped[datetime | None]

    # the pause
    suspended_by: Mapped[str | None] = mapped_column(String(16))
    suspend_reason: Mapped[str | None] = mapped_column(String(400))
    missing: Mapped[list[Any] | None] = mapped_column(JSONDict)
    suspend_until: Mapped[datetime | None]

    # the end
    outcome: Mapped[str | None] = mapped_column(String(24))
    ended_at: Mapped[datetime | None]

    # call, screen, remote control, hand-over (call.py, handover.py)
    call_epoch: Mapped[int] = mapped_column(default=0)
    call_state: Mapped[str] = mapped_column(String(16), default="idle")
    media_endpoint: Mapped[str | None] = mapped_column(String(24))
    screen_state: Mapped[str] = mapped_column(String(16), default="none")
    screen_surface: Mapped[str | None] = mapped_column(String(16))
    control_state: Mapped[str] = mapped_column(String(16), default="none")
    handover_nonce: Mapped[str | None] = mapped_column(String(22))

    # how far each side has got
    applicant_delivered: Mapped[int] = mapped_column(default=0)
    applicant_read: Mapped[int] = mapped_column(default=0)
    agent_delivered: Mapped[int] = mapped_column(default=0)
    agent_read: Mapped[int] = mapped_column(default=0)


    def seconds_served(self) -> int:
        """Seconds of service so far, the present stretch included."""
        stretch = (now() - self.answered_at).total_seconds() if self.answered_at else 0
        return self.served_seconds + max(int(stretch), 0)


NOBODY = {"agent_id": None, "agent_name": None, "agent_number": None, "ring_until": None}  # has the session in hand


class TimelineEvent(Model):
    """One thing that happened. Appended by timeline.record and by nothing else; never changed, never deleted."""

    __tablename__ = "timeline_event"
    __table_args__ = (
        UniqueConstraint("session_id", "seq", name="uq_timeline_seq"),
        UniqueConstraint("session_id", "actor_id", "client_id", name="uq_timeline_client_id"),
        CheckConstraint("seq >= 1", name="seq"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    actor_kind: Mapped[str] = mapped_column(String(16))  # applicant, agent, system
    actor_id: Mapped[str | None] = mapped_column(String(26))
    actor_name: Mapped[str] = mapped_column(String(64))
    audience: Mapped[str] = mapped_column(String(8), default="all")  # all, staff
    payload: Mapped[dict[str, Any]] = mapped_column(JSONDict)
    client_id: Mapped[str | None] = mapped_column(String(64))  # the sender's own number of a message: stored once
    at: Mapped[datetime]
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))  # SHA-256 over the event and prev_hash
    hash_sm3: Mapped[str] = mapped_column(String(64))  # SM3 over the event and the SM3 before it


class Consent(Model):
    """A text the applicant agreed to before the line: which version, when, from where. Kept for ever (S16, S40)."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("session_id", "text_id", "version", name="uq_consent_text"),)

    user_id: Mapped[str] = mapped_column(String(26), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"))
    text_id: Mapped[str] = mapped_column(String(26))
    kind: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(Text)
    version: Mapped[int]
    ip: Mapped[str | None] = mapped_column(String(45))
    entry: Mapped[str | None] = mapped_column(String(24))
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class ContentCheck(Model):
    """A picture of the chat that WeChat was asked to look at: to which message its answer belongs (moderation.py)."""

    __tablename__ = "content_check"

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"))
    seq: Mapped[int]
    trace_id: Mapped[str] = mapped_column(String(128), unique=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class AgentDuty(Model):
    """What an agent is doing now. `id` is the staff account's id."""

    __tablename__ = "agent_duty"

    state: Mapped[str] = mapped_column(String(16), default="offline")
    name: Mapped[str] = mapped_column(String(64), default="")
    number: Mapped[str] = mapped_column(String(32), default="")
    skill_group_ids: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    since: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
