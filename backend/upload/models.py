"""Stored files, requested materials and their versions. A file's bytes never change; its place is our own key."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import Model, UTCDateTime


class Attachment(Model):
    """A file of a session. The row exists only when its bytes are stored (invariant: row without file 0)."""

    __tablename__ = "attachment"
    __table_args__ = (CheckConstraint("size > 0", name="size"),)

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"), index=True)
    owner_kind: Mapped[str] = mapped_column(String(16))  # applicant, agent, system (a copy)
    owner_id: Mapped[str | None] = mapped_column(String(26))
    purpose: Mapped[str] = mapped_column(String(16))  # limits.Purpose
    name: Mapped[str] = mapped_column(String(255))  # text to show, never a path
    mime: Mapped[str] = mapped_column(String(100))  # by content
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(100), unique=True)
    width: Mapped[int | None]  # pixels, upright
    height: Mapped[int | None]
    pages: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    sealed_at: Mapped[
        datetime | None
    ]  # verified once: from then on only the watermarked copy is given out (P42)
    copy_of: Mapped[str | None] = mapped_column(ForeignKey("attachment.id"), unique=True)  # one copy, ever


class Material(Model):
    """One thing the agent asked for (S25)."""

    __tablename__ = "material"
    __table_args__ = (
        Index(
            "uq_material_requirement",
            "session_id",
            "requirement_id",
            unique=True,
            sqlite_where=text("state != 'withdrawn'"),
            postgresql_where=text("state != 'withdrawn'"),
        ),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("service_session.id"), index=True)
    requirement_id: Mapped[str | None] = mapped_column(
        String(26)
    )  # of the item's list; None: added by the agent
    name: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text, default="")
    original_required: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)  # of the last rejection or reopening
    position: Mapped[int]
    requested_seq: Mapped[int | None]  # the event that asked for it last
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class MaterialVersion(Model):
    """One upload for a material. A replaced, rejected or voided one stays (the timeline shows it)."""

    __tablename__ = "material_version"
    __table_args__ = (UniqueConstraint("material_id", "no", name="uq_material_version_no"),)

    material_id: Mapped[str] = mapped_column(ForeignKey("material.id"), index=True)
    attachment_id: Mapped[str] = mapped_column(ForeignKey("attachment.id"), unique=True)
    no: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))  # machine.VersionState
    reason: Mapped[str | None] = mapped_column(Text)
    checked_by: Mapped[str | None] = mapped_column(String(26))
    checked_name: Mapped[str | None] = mapped_column(String(64))
    checked_at: Mapped[datetime | None]
    copy_attachment_id: Mapped[str | None] = mapped_column(ForeignKey("attachment.id"), unique=True)
