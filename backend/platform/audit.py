"""Who looked at or changed what, outside a session's timeline (sign-in, reveal, download, admin changes)."""

from typing import Any

from flask import g, has_request_context, request
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.auth import actor_or_none
from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime, db


class AuditEntry(Model):
    at: Mapped[Any] = mapped_column(UTCDateTime, index=True)
    actor_id: Mapped[str | None] = mapped_column(index=True)
    actor_kind: Mapped[str | None]
    action: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    ip: Mapped[str | None]
    request_id: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSONDict)


def audit(action: str, subject: str, **details: Any) -> None:
    """Add a line (call inside a unit of work). `details` must hold no personal data."""
    web = has_request_context()
    actor = actor_or_none() if web else None
    db.session.add(
        AuditEntry(
            at=now(),
            actor_id=actor.id if actor else None,
            actor_kind=actor.kind if actor else None,
            action=action,
            subject=subject,
            ip=request.remote_addr if web else None,
            request_id=g.get("request_id") if web else None,
            details=details,
        )
    )
