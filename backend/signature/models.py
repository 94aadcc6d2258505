"""Commitments as they were shown, the tickets behind the QR codes, and signatures with all that proves them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime
from backend.signature.machine import LIVE_TICKET, UNSIGNED


def _while(states: tuple[str, ...]) -> Any:
    return text("state IN ({})".format(", ".join(f"'{s}'" for s in states)))


class Commitment(Model):
    """承诺书 of one session: the very words that were shown, not a pointer to a template."""

    __tablename__ = "commitment"
    __table_args__ = (
        Index(
            "uq_commitment_unsigned",
            "session_id",
            unique=True,
            sqlite_where=_while(UNSIGNED),
            postgresql_where=_while(UNSIGNED),
        ),
        CheckConstraint("countdown_seconds >= 0", name="countdown"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"), index=True)
    template_id: Mapped[str] = mapped_column(String(26))
    template_version: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    body_hash: Mapped[str] = mapped_column(String(64))  # SHA-256 of version, title and body
    countdown_seconds: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)  # why the signature was not taken
    pushed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    pushed_seq: Mapped[int | None]
    opened_at: Mapped[
        datetime | None
    ]  # the server first gave the text to the applicant: the countdown's start
    read_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]


class SignTicket(Model):
    """What a QR code stands for: five minutes, one phone, one signature. The token itself is not kept."""

    __tablename__ = "sign_ticket"
    __table_args__ = (
        Index(
            "uq_sign_ticket_live",
            "commitment_id",
            unique=True,
            sqlite_where=_while(LIVE_TICKET),
            postgresql_where=_while(LIVE_TICKET),
        ),
    )

    commitment_id: Mapped[str] = mapped_column(ForeignKey("commitment.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime]
    device_hash: Mapped[str | None] = mapped_column(String(64))
    scanned_at: Mapped[datetime | None]


class Signature(Model):
    """One handwriting under one commitment; the unique index is what lets two phones make only one."""

    __tablename__ = "signature"

    commitment_id: Mapped[str] = mapped_column(ForeignKey("commitment.id"), unique=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"), index=True)
    signer_id: Mapped[str] = mapped_column(String(26))
    method: Mapped[str] = mapped_column(String(16))  # qr, in_place
    strokes: Mapped[list[Any]] = mapped_column(JSONDict)  # rules.Handwriting: tenths of a pixel, milliseconds
    width: Mapped[int]  # of the pad, css pixels
    height: Mapped[int]
    image_key: Mapped[str] = mapped_column(String(100), unique=True)  # the phone's picture, on white
    image_sha256: Mapped[str] = mapped_column(String(64))
    drawn_key: Mapped[str] = mapped_column(String(100), unique=True)  # drawn again by us from the strokes
    drawn_sha256: Mapped[str] = mapped_column(String(64))
    body_hash: Mapped[str] = mapped_column(String(64))
    evidence_sha256: Mapped[str] = mapped_column(String(64))  # over all of the above, the signer and the time
    ip: Mapped[str | None] = mapped_column(String(45))
    device: Mapped[str | None] = mapped_column(String(300))  # User-Agent
    at: Mapped[datetime]
