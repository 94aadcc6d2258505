"""People, the ways they prove who they are, and their logins.

Phone and ID numbers are stored encrypted; a keyed hash (`*_blind`) makes them findable (domain.md, Invariants).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from backend.platform.clock import now
from backend.platform.db import JSONDict, Model, UTCDateTime


class User(Model):
    """An applicant (申请人)."""

    __tablename__ = "user_account"

    real_name: Mapped[str | None] = mapped_column(String(64))
    real_name_level: Mapped[int] = mapped_column(
        default=0
    )  # 0 none, 1 name given, 2 name and ID number, 3 verified
    id_number_enc: Mapped[str | None] = mapped_column(String(512))
    id_number_blind: Mapped[str | None] = mapped_column(String(64), unique=True)
    phone_enc: Mapped[str | None] = mapped_column(String(512))
    phone_blind: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    merged_into_id: Mapped[str | None] = mapped_column(String(26))


class Identity(Model):
    """One way a user is known outside: (provider, subject), e.g. ("wechat-mp", openid)."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("provider", "subject", name="uq_identity_provider_subject"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    provider: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class PrivacyReceipt(Model):
    """A consent to the privacy policy: what, when, through which door; and when it was taken back."""

    __tablename__ = "privacy_receipt"

    user_id: Mapped[str] = mapped_column(ForeignKey("user_account.id"), index=True)
    version: Mapped[str] = mapped_column(String(16))
    text_sha256: Mapped[str] = mapped_column(String(64))
    entry: Mapped[str] = mapped_column(String(16))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class StaffAccount(Model):
    """A member of staff (客服, 班长, 管理员)."""

    __tablename__ = "staff_account"

    username: Mapped[str] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str] = mapped_column(String(256))
    totp_secret_enc: Mapped[str | None] = mapped_column(String(512))
    totp_last_step: Mapped[int] = mapped_column(default=0)  # a code is good once
    display_name: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(String(16), unique=True)  # 工号
    roles: Mapped[list[Any]] = mapped_column(JSONDict, default=list)
    region_code: Mapped[str | None] = mapped_column(String(32))
    skill_group_ids: Mapped[list[Any]] = mapped_column(JSONDict, default=list)  # empty: every group
    active: Mapped[bool] = mapped_column(default=True)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)


class LoginSession(Model):
    """One login on one device; revoking the row ends it at once, whatever tokens are about."""

    __tablename__ = "login_session"
    __table_args__ = (Index("ix_login_session_subject", "kind", "subject_id"),)

    kind: Mapped[str] = mapped_column(String(16))  # applicant | staff
    subject_id: Mapped[str] = mapped_column(String(26))
    entry: Mapped[str] = mapped_column(String(16))  # pc h5 mp oa ishenzhen console phone
    device: Mapped[str] = mapped_column(String(256), default="")
    scope: Mapped[str | None] = mapped_column(
        String(64)
    )  # "session:<id>" for a phone that was handed one session
    family_id: Mapped[str] = mapped_column(
        String(26), index=True
    )  # the login this one came from, itself at first: a family ends together (contract 3.8)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    last_seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_reason: Mapped[str | None] = mapped_column(String(32))


class RefreshToken(Model):
    """A single-use refresh token; only its hash is kept."""

    __tablename__ = "refresh_token"

    login_id: Mapped[str] = mapped_column(ForeignKey("login_session.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
