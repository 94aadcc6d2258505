"""Rows of people: found by phone number, by how another platform knows them; made once however many ask at a time."""

from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from backend.identity import rules
from backend.identity.errors import IdNumberTaken, PhoneTaken
from backend.identity.models import Identity, User
from backend.platform.clock import today
from backend.platform.crypto import blind, blinds, encrypt
from backend.platform.db import db
from backend.platform.errors import Invalid, NotFound
from backend.platform.settings import settings

Alias = tuple[str, str]  # provider, subject


def get(user_id: str) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    return user


def phone_number(text: str) -> str:
    number = rules.normal_phone(text)
    if number is None:
        raise Invalid("请填写 11 位手机号码", field="phone")
    return number


def of_phone(number: str) -> User | None:
    return db.session.scalar(select(User).where(User.phone_blind.in_(blinds(number))))


def of_id_number(number: str) -> User | None:
    return db.session.scalar(select(User).where(User.id_number_blind.in_(blinds(number))))


def of_alias(provider: str, subject: str) -> User | None:
    known = Identity.provider == provider, Identity.subject == subject
    return db.session.scalar(select(User).join(Identity, Identity.user_id == User.id).where(*known))


def with_phone(number: str) -> User:
    """The user of a number; made if new. If somebody was faster with the same number, theirs."""
    found = of_phone(number)
    if found is not None:
        return found
    user = User(phone_blind=blind(number), phone_enc=encrypt(number))
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        return db.session.scalars(select(User).where(User.phone_blind == blind(number))).one()
    return user


def new() -> User:
    user = User()
    db.session.add(user)
    db.session.flush()
    return user


def with_alias(provider: str, subject: str) -> User:
    """A new user with a first alias; if the same person's other request was faster, theirs."""
    try:
        with db.session.begin_nested():
            user = new()
            db.session.add(Identity(user_id=user.id, provider=provider, subject=subject))
    except IntegrityError:
        found = of_alias(provider, subject)
        if found is None:
            raise
        return found
    return user


def attach(user_id: str, provider: str, subject: str) -> None:
    """Note another way a user is known; nothing happens when it is taken already."""
    if of_alias(provider, subject) is None:
        with suppress(IntegrityError), db.session.begin_nested():
            db.session.add(Identity(user_id=user_id, provider=provider, subject=subject))


def give_phone(user: User, number: str) -> None:
    """Raises PhoneTaken when somebody was faster."""
    try:
        with db.session.begin_nested():
            user.phone_blind, user.phone_enc = blind(number), encrypt(number)
    except IntegrityError:
        raise PhoneTaken() from None


def id_number(text: str) -> str | None:
    """A citizen number that is one, or None."""
    return rules.normal_id_number(text, checksum=settings().check_id_number, on=today())


def give_id_number(user: User, number: str) -> None:
    """Raises IdNumberTaken."""
    holder = of_id_number(number)
    if holder is not None and holder.id != user.id:
        raise IdNumberTaken()
    try:
        with db.session.begin_nested():
            user.id_number_enc, user.id_number_blind = encrypt(number), blind(number)
    except IntegrityError:
        raise IdNumberTaken() from None
