"""Staff accounts: password and second factor, lockout, roles (等保 GB/T 22239-2019 8.1.4.1).

Five failures lock an account for a quarter of an hour; a dynamic code is good once.
"""

from datetime import timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError

from backend.identity import tokens
from backend.identity.errors import (
    AccountLocked,
    LastAdmin,
    StaffNameTaken,
    TotpNotSetUp,
    TotpRequired,
    WrongPassword,
    WrongTotp,
)
from backend.identity.models import StaffAccount
from backend.identity.tokens import Tokens
from backend.platform.audit import audit
from backend.platform.clock import now
from backend.platform.crypto import decrypt, encrypt
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Invalid, NotFound
from backend.platform.settings import settings

ROLES = ("agent", "supervisor", "admin")
FAILURES, LOCK = 5, timedelta(minutes=15)
PASSWORD_LENGTH = 10


def sign_in(username: str, password: str, totp: str | None, device: str) -> Tokens:
    """Sign a member of staff in. Raises WrongPassword, TotpRequired, WrongTotp, TotpNotSetUp, AccountLocked."""
    staff = db.session.scalar(select(StaffAccount).where(StaffAccount.username == username))
    if staff is None or not staff.active:
        _verify(_decoy(settings().password_memory_kib), password)  # as slow as for an account that exists
        raise WrongPassword()
    if staff.locked_until and staff.locked_until > now():
        raise AccountLocked(retry_after=int((staff.locked_until - now()).total_seconds()) + 1)
    if not _verify(staff.password_hash, password):
        _failed(staff.id)
        raise WrongPassword()
    _second_factor(staff, totp)
    with unit_of_work():
        staff = get(staff.id)
        staff.failures, staff.locked_until = 0, None
        if _hasher().check_needs_rehash(staff.password_hash):
            staff.password_hash = _hasher().hash(password)
        return tokens.open_login("staff", staff.id, "console", device)


def add(
    username: str,
    password: str,
    display_name: str,
    number: str,
    roles: list[str],
    *,
    region_code: str | None = None,
    skill_group_ids: list[str] | None = None,
    totp_secret: str | None = None,
) -> StaffAccount:
    """Create an account. Raises Invalid (weak password, unknown role), StaffNameTaken."""
    _check_roles(roles)
    _check_password(password)
    with unit_of_work():
        taken = select(StaffAccount.id).where(
            or_(StaffAccount.username == username, StaffAccount.number == number)
        )
        if db.session.scalar(taken):
            raise StaffNameTaken()
        staff = StaffAccount(
            username=username,
            password_hash=_hasher().hash(password),
            totp_secret_enc=encrypt(totp_secret) if totp_secret else None,
            display_name=display_name,
            number=number,
            roles=roles,
            region_code=region_code,
            skill_group_ids=skill_group_ids or [],
        )
        try:
            with db.session.begin_nested():
                db.session.add(staff)
        except IntegrityError:
            raise StaffNameTaken() from None
        audit("staff.added", subject=f"staff:{staff.id}", roles=roles)
        return staff


def login(staff_id: str) -> Tokens:
    """A login without a proof: for commands and tests, never called from a route."""
    return tokens.open_login("staff", get(staff_id).id, "console", "")


def change(
    staff_id: str,
    *,
    display_name: str | None = None,
    roles: list[str] | None = None,
    active: bool | None = None,
    password: str | None = None,
    skill_group_ids: list[str] | None = None,
) -> StaffAccount:
    """Change an account; a new password or a dismissal ends its logins. Raises LastAdmin, Invalid, NotFound."""
    with unit_of_work():
        staff = get(staff_id)
        if roles is not None:
            _check_roles(roles)
            staff.roles = roles
        if display_name is not None:
            staff.display_name = display_name
        if skill_group_ids is not None:
            staff.skill_group_ids = skill_group_ids
        if active is not None:
            staff.active = active
        if password is not None:
            _check_password(password)
            staff.password_hash, staff.failures, staff.locked_until = _hasher().hash(password), 0, None
        db.session.flush()
        if not any(s.active and "admin" in s.roles for s in db.session.scalars(select(StaffAccount))):
            raise LastAdmin()
        if password is not None or active is False:
            tokens.revoke_all("staff", staff_id, "password_changed" if password else "dismissed")
        audit("staff.changed", subject=f"staff:{staff_id}", roles=staff.roles, active=staff.active)
        return staff


def new_totp(staff_id: str) -> str:
    """Give an account a new second factor; returns the otpauth URI for the QR code, shown once."""
    secret = pyotp.random_base32()
    with unit_of_work():
        staff = get(staff_id)
        staff.totp_secret_enc, staff.totp_last_step = encrypt(secret), 0
        audit("staff.totp_reset", subject=f"staff:{staff_id}")
        return pyotp.TOTP(secret).provisioning_uri(name=staff.username, issuer_name="视频办")


def get(staff_id: str) -> StaffAccount:
    """Raises NotFound."""
    staff = db.session.get(StaffAccount, staff_id)
    if staff is None:
        raise NotFound()
    return staff


def find(username: str) -> StaffAccount | None:
    return db.session.scalar(select(StaffAccount).where(StaffAccount.username == username))


def everyone() -> list[StaffAccount]:
    return list(db.session.scalars(select(StaffAccount).order_by(StaffAccount.number)))


def card(staff_id: str) -> dict:
    """Name and number of a member of staff, as shown to applicants and colleagues."""
    staff = get(staff_id)
    return {
        "id": staff.id,
        "name": staff.display_name,
        "number": staff.number,
        "region_code": staff.region_code,
    }


def cards(staff_ids: set[str]) -> dict[str, dict]:
    """`card` of many, in one query."""
    rows = db.session.scalars(select(StaffAccount).where(StaffAccount.id.in_(staff_ids))) if staff_ids else ()
    return {s.id: {"id": s.id, "name": s.display_name, "number": s.number} for s in rows}


def _second_factor(staff: StaffAccount, code: str | None) -> None:
    if not staff.totp_secret_enc:
        if settings().staff_totp_required:
            raise TotpNotSetUp()
        return
    if not code:
        raise TotpRequired()
    totp, at = pyotp.TOTP(decrypt(staff.totp_secret_enc)), now()
    step = int(at.timestamp()) // totp.interval
    good = [s for s in (step, step - 1, step + 1) if pyotp.utils.strings_equal(totp.generate_otp(s), code)]
    if not good or not _use_step(staff.id, good[0]):
        _failed(staff.id)
        raise WrongTotp()


def _use_step(staff_id: str, step: int) -> bool:
    """Mark a time step as used; False if it, or a later one, was used before."""
    with unit_of_work():
        done = db.session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == staff_id, StaffAccount.totp_last_step < step)
            .values(totp_last_step=step)
            .returning(StaffAccount.id)
            .execution_options(synchronize_session=False)
        )
        return done.scalar() is not None


def _failed(staff_id: str) -> None:
    with unit_of_work():
        count = db.session.execute(
            update(StaffAccount)
            .where(StaffAccount.id == staff_id)
            .values(failures=StaffAccount.failures + 1)
            .returning(StaffAccount.failures)
            .execution_options(synchronize_session=False)
        ).scalar_one()
        audit("staff.sign_in_failed", subject=f"staff:{staff_id}", failures=count)
        if count >= FAILURES:
            db.session.execute(
                update(StaffAccount)
                .where(StaffAccount.id == staff_id)
                .values(failures=0, locked_until=now() + LOCK)
            )
            audit("staff.locked", subject=f"staff:{staff_id}")


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _check_roles(roles: list[str]) -> None:
    if not roles or not set(roles) <= set(ROLES):
        raise Invalid("请选择角色：客服、班长或管理员", field="roles")


def _check_password(password: str) -> None:
    kinds = [
        any(c.islower() for c in password),
        any(c.isupper() for c in password),
        any(c.isdigit() for c in password),
    ]
    if len(password) < PASSWORD_LENGTH or sum(kinds) < 2:
        raise Invalid(f"密码至少 {PASSWORD_LENGTH} 位，并包含大写、小写字母和数字中的两种", field="password")


def _hasher() -> PasswordHasher:
    return _hasher_of(settings().password_memory_kib)


@cache
def _hasher_of(memory_kib: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=memory_kib)


@cache
def _decoy(memory_kib: int) -> str:
    return _hasher_of(memory_kib).hash("nobody has this password")
