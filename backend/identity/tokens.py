"""Logins and their tokens: a 15-minute access token and a refresh token that is used once.

The access token names a `LoginSession` row, which is read at each request: logout and dismissal work at once.
A refresh token that comes back after it was used ends the whole login, except within 20 s (two tabs).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

import jwt
from jwt.types import Options
from sqlalchemy import ColumnElement, String, and_, bindparam, func, or_, select, update

from backend.identity.errors import LoginExpired
from backend.identity.models import LoginSession, RefreshToken, StaffAccount, User
from backend.platform import swift
from backend.platform.audit import audit
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.crypto import digest
from backend.platform.db import UTCDateTime, after_commit, db, unit_of_work
from backend.platform.ids import new_id, new_token
from backend.platform.settings import settings
from backend.platform.together import Together
from backend.realtime.bus import close_sockets

NAMELESS = "申请人"
GRACE = timedelta(seconds=20)
STAFF_LIFE, SCOPED_LIFE = timedelta(hours=12), timedelta(hours=4)
STAFF_IDLE = timedelta(hours=1)


@dataclass(frozen=True)
class Tokens:
    """What a successful sign-in hands out; `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    login_id: str
    kind: str
    subject_id: str
    expires_in: int


def open_login(kind: str, subject_id: str, entry: str, device: str, scope: str | None = None) -> Tokens:
    """Start a login of an applicant or a member of staff on one device."""
    applicant_life = timedelta(days=settings().refresh_token_days)
    life = SCOPED_LIFE if scope else STAFF_LIFE if kind == "staff" else applicant_life
    id_ = new_id()
    return _open(
        LoginSession(
            id=id_,
            family_id=id_,
            kind=kind,
            subject_id=subject_id,
            entry=entry[:16],
            device=device[:256],
            scope=scope,
            expires_at=now() + life,
        )
    )


def open_child(login_id: str, device: str) -> Tokens:
    """Another login of the same person that ends with `login_id` (a web-view). Raises LoginExpired."""
    with unit_of_work():
        parent = db.session.get(LoginSession, login_id, with_for_update=True)
        if parent is None or not _alive(parent):
            raise LoginExpired()
        return _open(
            LoginSession(
                family_id=parent.family_id,
                kind=parent.kind,
                subject_id=parent.subject_id,
                entry=parent.entry,
                device=device[:256],
                scope=parent.scope,
                expires_at=parent.expires_at,
            )
        )


def _open(login: LoginSession) -> Tokens:
    with unit_of_work():
        db.session.add(login)
        db.session.flush()
        subject = f"{login.kind}:{login.subject_id}"
        audit("login.opened", subject=subject, login_id=login.id, entry=login.entry, scope=login.scope)
        return _tokens(login)


def rotate(refresh_token: str, kind: str) -> Tokens:
    """Swap a refresh token for new tokens. Raises LoginExpired; reuse of an old one ends the login."""
    with unit_of_work():
        row, login = _find(refresh_token)
        if row is None or login is None or login.kind != kind or not _alive(login) or row.expires_at <= now():
            raise LoginExpired()
        if _use(row):
            login.last_seen_at = now()
            return _tokens(login)
        _revoke_family(login, "refresh_reused")  # committed, then refused
    raise LoginExpired()


def is_live(login_id: str) -> bool:
    login = db.session.get(LoginSession, login_id)
    return login is not None and _alive(login)


def live(kind: str, subject_id: str) -> list[LoginSession]:
    """A person's logins that are good, newest first."""
    theirs = LoginSession.kind == kind, LoginSession.subject_id == subject_id, LoginSession.scope.is_(None)
    good = LoginSession.revoked_at.is_(None), LoginSession.expires_at > now()
    return list(db.session.scalars(select(LoginSession).where(*theirs, *good).order_by(LoginSession.id.desc())))


def revoke(login_id: str, reason: str = "logout") -> None:
    """End a login and its family; their access tokens stop working at the next request."""
    with unit_of_work():
        login = db.session.get(LoginSession, login_id)
        if login is not None and login.revoked_at is None:
            _revoke_family(login, reason)


def revoke_by_refresh(refresh_token: str, kind: str) -> None:
    """End the login a refresh token belongs to, if there is one."""
    _, login = _find(refresh_token)
    if login is not None and login.kind == kind:
        revoke(login.id)


def revoke_all(kind: str, subject_id: str, reason: str) -> None:
    """End every login of a person (password changed, dismissed)."""
    with unit_of_work():
        _end(reason, LoginSession.kind == kind, LoginSession.subject_id == subject_id)


def load_actor(access_token: str) -> Actor | None:
    """The actor behind an access token, or None when token or login is not good any more."""
    try:
        login_id, expires = _verified(access_token, _key())
    except jwt.InvalidTokenError:
        return None
    if expires <= now().timestamp():
        return None
    row = _actors.ask(login_id) if swift.available() else db.session.execute(_ONE, _at_present(login=login_id)).first()
    if row is None:
        return None
    if row.kind == "staff":
        roles = frozenset(row.roles)
        return Actor("staff", row.subject_id, row.display_name, row.id, roles, row.scope, row.entry)
    return Actor("applicant", row.subject_id, row.real_name or NAMELESS, row.id, scope=row.scope, entry=row.entry)


@lru_cache(maxsize=10_000)
def _verified(access_token: str, key: bytes) -> tuple[str, float]:
    """The login an access token names and when it ends (seconds, Unix time); a good signature stays good."""
    options: Options = {"require": ["exp", "sub"], "verify_exp": False}
    claims = jwt.decode(access_token, key, algorithms=["HS256"], options=options)
    return claims["sub"], claims["exp"]


def _at_present(**values: Any) -> dict[str, Any]:
    return {"now": now(), **values}


# Who a live login stands for, in one read, since every request asks; no row when the account is gone or dismissed.
_LIVE = (
    select(
        LoginSession.id, LoginSession.kind, LoginSession.subject_id, LoginSession.scope, LoginSession.entry,
        User.real_name, StaffAccount.display_name, StaffAccount.roles,
    )
    .outerjoin(User, and_(LoginSession.kind != "staff", User.id == LoginSession.subject_id))
    .outerjoin(StaffAccount, and_(LoginSession.kind == "staff", StaffAccount.id == LoginSession.subject_id))
    .where(LoginSession.revoked_at.is_(None), LoginSession.expires_at > bindparam("now", type_=UTCDateTime))
    .where(or_(User.id.is_not(None), StaffAccount.active))
)  # fmt: skip
_ONE = _LIVE.where(LoginSession.id == bindparam("login"))
_MANY = _LIVE.where(LoginSession.id == func.any(func.string_to_array(bindparam("logins", type_=String), ",")))


def _read_actors(login_ids: list[str]) -> list[Any]:
    rows = {row.id: row for row in swift.read(_MANY, _at_present(logins=",".join(login_ids)))}
    return [rows.get(login_id) for login_id in login_ids]


_actors = Together(_read_actors)


def _find(refresh_token: str) -> tuple[RefreshToken | None, LoginSession | None]:
    row = db.session.scalar(select(RefreshToken).where(RefreshToken.token_hash == digest(refresh_token)))
    return row, db.session.get(LoginSession, row.login_id) if row else None


def _use(row: RefreshToken) -> bool:
    """Use a token up; True for the first use and for one within the grace time after it."""
    first = db.session.execute(
        update(RefreshToken)
        .where(RefreshToken.id == row.id, RefreshToken.used_at.is_(None))
        .values(used_at=now())
        .returning(RefreshToken.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    db.session.refresh(row)
    return bool(first) or (row.used_at is not None and now() - row.used_at <= GRACE)


def _tokens(login: LoginSession) -> Tokens:
    refresh = new_token() + new_token()
    idle = STAFF_IDLE if login.kind == "staff" else login.expires_at - now()
    db.session.add(
        RefreshToken(
            login_id=login.id, token_hash=digest(refresh), expires_at=min(login.expires_at, now() + idle)
        )
    )
    return Tokens(
        _access(login), refresh, login.id, login.kind, login.subject_id, settings().access_token_seconds
    )


def _access(login: LoginSession) -> str:
    at: datetime = now()
    claims = {"sub": login.id, "iat": at, "exp": at + timedelta(seconds=settings().access_token_seconds)}
    return jwt.encode(claims, _key(), algorithm="HS256")


def _alive(login: LoginSession) -> bool:
    return login.revoked_at is None and login.expires_at > now()


def _revoke_family(login: LoginSession, reason: str) -> None:
    _end(reason, LoginSession.family_id == login.family_id)


def _end(reason: str, *which: ColumnElement[bool]) -> None:
    """End the live logins of `which`, and their sockets; again until none is left: a child may just be opening."""
    live = select(LoginSession).where(LoginSession.revoked_at.is_(None), *which).with_for_update()
    while found := db.session.scalars(live).all():
        for login in found:
            login.revoked_at, login.revoked_reason = now(), reason
            after_commit(partial(close_sockets, login=login.id))
            audit(
                "login.revoked", subject=f"{login.kind}:{login.subject_id}", login_id=login.id, reason=reason
            )
        db.session.flush()


def _key() -> bytes:
    return hashlib.sha256(b"access-token:" + settings().secret_key.encode()).digest()
