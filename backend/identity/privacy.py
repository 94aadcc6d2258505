"""Consent to the privacy policy: versioned, with a receipt; taking it back ends use until given again (PIPL 14–16).

A person who took it back has no login, so there is nothing they could do: the check is at sign-in alone.
"""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from backend.identity import tokens
from backend.identity.errors import PrivacyChanged, PrivacyWithdrawn
from backend.identity.merge import on_merge
from backend.identity.models import PrivacyReceipt, User
from backend.identity.tokens import Tokens
from backend.platform.audit import audit
from backend.platform.clock import now
from backend.platform.crypto import digest
from backend.platform.db import db, unit_of_work

TITLE, VERSION, SINCE = "视频办隐私政策", "1", "2026-11-25"
BODY = (Path(__file__).parent / "pages" / "privacy.txt").read_text(encoding="utf-8").strip()


def policy() -> dict[str, str]:
    return {"title": TITLE, "version": VERSION, "since": SINCE, "body": BODY}


def admit(
    user: User, entry: str, device: str, consent: str | None = None, scope: str | None = None
) -> Tokens:
    """A login for `user`, with the consent that comes along noted. Raises PrivacyWithdrawn without one they need."""
    with unit_of_work():
        db.session.flush()
        db.session.get_one(User, user.id, with_for_update=True)
        if consent:
            _give(user.id, consent, entry)
        elif state(user.id) == "withdrawn":
            raise PrivacyWithdrawn()
        return tokens.open_login("applicant", user.id, entry, device, scope)


def give(user_id: str, version: str, entry: str) -> None:
    """Note a consent of somebody signed in. Raises PrivacyChanged for another version than the one in force."""
    with unit_of_work():
        _give(user_id, version, entry)


def withdraw(user_id: str) -> None:
    """Take the consent back: every login ends. Bookings and files stay as the law has them kept."""
    with unit_of_work():
        db.session.get_one(User, user_id, with_for_update=True)
        latest = _latest(user_id)
        if latest is not None and latest.withdrawn_at:
            return
        latest = latest or _receipt(user_id, "")
        latest.withdrawn_at = now()
        tokens.revoke_all("applicant", user_id, "privacy_withdrawn")
        audit("privacy.withdrawn", subject=f"user:{user_id}", version=latest.version)


def state(user_id: str) -> str:
    """given, needed (never given, or another version since), or withdrawn."""
    latest = _latest(user_id)
    if latest is None:
        return "needed"
    if latest.withdrawn_at:
        return "withdrawn"
    return "given" if latest.version == VERSION else "needed"


def receipts(user_id: str) -> list[dict[str, Any]]:
    """What was agreed to, when and where; newest first."""
    rows = select(PrivacyReceipt).where(PrivacyReceipt.user_id == user_id).order_by(PrivacyReceipt.id.desc())
    return [
        {"id": r.id, "title": TITLE, "version": r.version, "text_sha256": r.text_sha256, "entry": r.entry,
         "given_at": r.given_at, "withdrawn_at": r.withdrawn_at}
        for r in db.session.scalars(rows)
    ]  # fmt: skip


def _give(user_id: str, version: str, entry: str) -> None:
    if version != VERSION:
        raise PrivacyChanged(version=VERSION)
    if state(user_id) != "given":
        _receipt(user_id, entry)
        audit("privacy.given", subject=f"user:{user_id}", version=VERSION, entry=entry)


def _receipt(user_id: str, entry: str) -> PrivacyReceipt:
    row = PrivacyReceipt(user_id=user_id, version=VERSION, text_sha256=digest(BODY), entry=entry[:16])
    db.session.add(row)
    db.session.flush()
    return row


def _latest(user_id: str) -> PrivacyReceipt | None:
    mine = select(PrivacyReceipt).where(PrivacyReceipt.user_id == user_id)
    return db.session.scalar(mine.order_by(PrivacyReceipt.id.desc()).limit(1))


@on_merge
def _merged(gone: str, kept: str) -> None:
    """The receipts follow."""
    for row in db.session.scalars(select(PrivacyReceipt).where(PrivacyReceipt.user_id == gone)):
        row.user_id = kept
