"""One row a notice, and how many messages a person still allows."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime, db


class Notice(Model):
    """Something a person is told once. The list shows it from `due_at` on, whatever becomes of the message.

    `next_try_at` moves with each try; a try is claimed by one guarded UPDATE that compares it (machine.py, service.py).
    """

    __tablename__ = "notice"

    user_id: Mapped[str] = mapped_column(String(26))
    kind: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(120), unique=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSONDict)
    state: Mapped[str] = mapped_column(String(16), default="waiting")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # after that nobody needs it
    next_try_at: Mapped[datetime] = mapped_column(UTCDateTime)
    channel: Mapped[str | None] = mapped_column(String(8))  # mp, oa, sms: being tried, or what carried it
    tries: Mapped[int] = mapped_column(default=0)  # of this channel
    unsure: Mapped[bool] = mapped_column(default=False)  # a try had no answer: it may have arrived
    receipt: Mapped[str | None] = mapped_column(String(32), index=True)  # WeChat's MsgID: later it says what came of it
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str | None] = mapped_column(String(200))
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    __table_args__ = (
        Index("ix_notice_user", "user_id", "due_at"),
        Index(
            "ix_notice_next", "next_try_at",
            sqlite_where=text("state = 'waiting'"), postgresql_where=text("state = 'waiting'"),
        ),
    )  # fmt: skip


class NoticeConsent(db.Model):  # type: ignore[name-defined]
    """Taps on 允许 that are not used up: one consent is one subscribe message (contract 1.4)."""

    __tablename__ = "notice_consent"
    __table_args__ = (CheckConstraint("remaining >= 0", name="never_negative"),)

    user_id: Mapped[str] = mapped_column(String(26), primary_key=True)
    template_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    remaining: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
