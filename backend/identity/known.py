"""Sign-in through a platform that has checked who somebody is: the government's identity platform, i深圳 (M1, M2)."""

from dataclasses import dataclass

from backend.identity import merge, people, privacy, rules
from backend.identity.errors import NameConflict
from backend.identity.models import User
from backend.identity.tokens import Tokens
from backend.platform.audit import audit
from backend.platform.db import unit_of_work

VERIFIED = 2  # from here on the platform has seen name and citizen number


@dataclass(frozen=True)
class Known:
    """What a platform says about its user. `level`: 0 none, 1 a name, 2 name and citizen number, 3 in person."""

    provider: str
    subject: str
    name: str | None = None
    phone: str | None = None
    id_number: str | None = None
    level: int = 0


def sign_in(who: Known, entry: str, device: str, consent: str | None) -> Tokens:
    """Sign in, or up; accounts of the same person become one. Raises NameConflict, PrivacyWithdrawn."""
    with unit_of_work():
        user = _person(who)
        _fill_in(user, who)
        return privacy.admit(user, entry, device, consent)


def _person(who: Known) -> User:
    user = people.of_alias(who.provider, who.subject)
    for other in _others(who):
        if user is None:
            user = other
        elif other.id != user.id:
            user = merge.unite(user, other)
    if user is None:
        return people.with_alias(who.provider, who.subject)
    people.attach(user.id, who.provider, who.subject)
    return user


def _others(who: Known) -> list[User]:
    """Accounts that are this person's: the same citizen number or phone number, and the same name.

    A number that stands under another name is not joined: it is said. Without a checked name only nameless ones are.
    """
    number, phone = _numbers(who)
    found = [people.of_id_number(number) if number else None, people.of_phone(phone) if phone else None]
    mine = []
    for other in found:
        if other is None:
            continue
        if other.real_name and _name(who) and other.real_name != _name(who):
            raise NameConflict()
        if not other.real_name or _name(who):
            mine.append(other)
    return mine


def _fill_in(user: User, who: Known) -> None:
    """What the platform has checked counts for more than what was typed in."""
    number, phone = _numbers(who)
    if phone and not user.phone_blind and people.of_phone(phone) is None:
        people.give_phone(user, phone)
    if number and not user.id_number_blind and people.of_id_number(number) is None:
        people.give_id_number(user, number)
    if _name(who) and (who.level > user.real_name_level or not user.real_name):
        user.real_name, user.real_name_level = _name(who), max(user.real_name_level, who.level)
        audit("person.verified", subject=f"user:{user.id}", provider=who.provider, level=user.real_name_level)


def _name(who: Known) -> str | None:
    return who.name if who.level >= VERIFIED and who.name and rules.is_name(who.name) else None


def _numbers(who: Known) -> tuple[str | None, str | None]:
    number = people.id_number(who.id_number) if who.id_number and who.level >= VERIFIED else None
    return number, rules.normal_phone(who.phone) if who.phone else None
