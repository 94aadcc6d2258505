"""Verbs of administration that are more than one call."""

from datetime import date
from typing import Any

from sqlalchemy import select

from backend.booking import calendar
from backend.booking.models import DayKind
from backend.identity import staff_accounts
from backend.identity.models import StaffAccount
from backend.platform.audit import AuditEntry, audit
from backend.platform.db import db, unit_of_work
from backend.platform.errors import NotFound
from backend.session.handover import qr_image


def account_view(account: StaffAccount) -> dict[str, Any]:
    """An account as an administrator sees it: no hash, no secret."""
    return {
        "id": account.id,
        "username": account.username,
        "name": account.display_name,
        "number": account.number,
        "roles": account.roles,
        "region_code": account.region_code,
        "skill_group_ids": account.skill_group_ids,
        "active": account.active,
        "second_factor": account.totp_secret_enc is not None,
        "locked_until": account.locked_until,
    }


def totp(staff_id: str) -> dict[str, str]:
    """A new second factor: the address for an authenticator app, and its QR code."""
    uri = staff_accounts.new_totp(staff_id)
    return {"uri": uri, "qr": qr_image(uri)}


def set_day(day: date, kind: str | None, note: str) -> dict[str, Any]:
    """Amend the calendar; the answer says what the day is now."""
    with unit_of_work():
        calendar.set_day(day, DayKind(kind) if kind else None, note)
        audit("calendar.set", subject=f"day:{day}", kind=kind)
        db.session.flush()
        row = calendar.days(day, day).get(day)
    return {"date": day, "kind": calendar.kind_of(day, row), "note": row.note if row else ""}


def parse_date(text: str) -> date:
    """A date as 2026-11-25. Raises NotFound: there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound() from None


def audit_page(action: str | None, subject: str | None, before: str | None, limit: int) -> dict[str, Any]:
    """A page of the audit log, newest first."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit + 1)
    if action:
        query = query.where(AuditEntry.action == action)
    if subject:
        query = query.where(AuditEntry.subject == subject)
    if before:
        query = query.where(AuditEntry.id < before)
    rows = list(db.session.scalars(query))
    fields = ("id", "at", "actor_id", "actor_kind", "action", "subject", "ip", "request_id", "details")
    staff = staff_accounts.cards({r.actor_id for r in rows if r.actor_id and r.actor_kind == "staff"})
    items = [
        {name: getattr(r, name) for name in fields}
        | {"actor_name": staff.get(r.actor_id or "", {}).get("name")}
        for r in rows[:limit]
    ]
    return {"items": items, "next": rows[limit - 1].id if len(rows) > limit else None}
