"""A session's one rating, and the work order that a bad one opens."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.db import JSONDict, Model, UTCDateTime


class Rating(Model):
    """评价 of a session (guide row S33). One per session: the database says so too."""

    session_id: Mapped[str] = mapped_column(String(26), unique=True)
    applicant_id: Mapped[str] = mapped_column(String(26), index=True)
    agent_id: Mapped[str | None] = mapped_column(String(26), index=True)
    item_id: Mapped[str] = mapped_column(String(26), index=True)
    level: Mapped[int]
    tags: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    comment: Mapped[str] = mapped_column(default="")
    anonymous: Mapped[bool] = mapped_column(default=False)
    changes: Mapped[list[Any]] = mapped_column(JSONDict, default=list)  # what it was before, oldest first
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 5", name="five_levels"),)


class FollowUp(Model):
    """The work order of a bad rating: call back, answer, close."""

    rating_id: Mapped[str] = mapped_column(ForeignKey("rating.id"), unique=True)
    state: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    handled_by: Mapped[str | None] = mapped_column(String(26))
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    result: Mapped[str | None]
