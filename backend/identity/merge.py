"""Two accounts of one person become one (pain P45): bookings, sessions and files of both follow.

What proves it: one unionid; or a proven phone number together with the same real name. A number alone never does where
the account it belongs to has a name: whoever claims it must say that name, and may be wrong five times a day.
"""

import logging
from collections.abc import Callable

from sqlalchemy import select, update

from backend.identity import tokens
from backend.identity.errors import IdNumberTaken, NameConflict, NameNeeded, NameWrong, PhoneTaken
from backend.identity.models import Identity, User
from backend.platform import tickets
from backend.platform.audit import audit
from backend.platform.db import db
from backend.platform.errors import DomainError
from backend.platform.limits import limit

log = logging.getLogger(__name__)

Hook = Callable[[str, str], None]
PROOF_SECONDS = 600
NAME_TRIES = 5  # a day, for one account, from wherever
_hooks: list[Hook] = []


def on_merge(fn: Hook) -> Hook:
    """Register `fn(old_user_id, new_user_id)`: moves a feature's rows when two accounts turn out to be one person.

    It runs inside the merge's unit of work and may raise a DomainError: then nothing is merged.
    """
    _hooks.append(fn)
    return fn


def check_claim(claimant: User, owner: User, phone: str, said: str | None) -> None:
    """May `claimant`, who has proven `phone`, become one with its `owner`?

    Raises NameNeeded with a proof of the number to come back with, NameWrong, NameConflict, TooMany.
    """
    if not owner.real_name:
        return
    name = said or claimant.real_name
    if name is None:
        raise NameNeeded(proof=_proof(claimant.id, phone))
    limit(f"merge:{owner.id}", NAME_TRIES, per=86400, message="姓名核对次数过多，请明天再试或到窗口办理")
    if name == owner.real_name:
        return
    if claimant.real_name:
        raise NameConflict()
    raise NameWrong(proof=_proof(claimant.id, phone))


def proven_phone(user_id: str, proof: str) -> str | None:
    """The number that `user_id` has proven a moment ago, once; None for a proof that is used, old or another's."""
    found = tickets.take("phone-proof", proof)
    return found["phone"] if found and found["user_id"] == user_id else None


def _proof(user_id: str, phone: str) -> str:
    return tickets.issue("phone-proof", {"user_id": user_id, "phone": phone}, ttl=PROOF_SECONDS)


def try_unite(one: User, other: User) -> User:
    """Make one of two where nothing speaks against it; else `one` as it is."""
    try:
        with db.session.begin_nested():
            return unite(one, other)
    except DomainError as fault:
        log.warning("accounts %s and %s were not merged: %s", one.id, other.id, fault.code)
        return one


def unite(one: User, other: User) -> User:
    """Make one of two; the one that stays: with a phone number, else the older.

    Raises NameConflict, PhoneTaken, IdNumberTaken, and what a feature says.
    """
    kept, gone = _locked(one, other)
    if kept.real_name and gone.real_name and kept.real_name != gone.real_name:
        raise NameConflict()
    if kept.phone_blind and gone.phone_blind:
        raise PhoneTaken()
    if kept.id_number_blind and gone.id_number_blind:
        raise IdNumberTaken()
    db.session.execute(update(Identity).where(Identity.user_id == gone.id).values(user_id=kept.id))
    _move_particulars(gone, kept)
    for hook in _hooks:
        hook(gone.id, kept.id)
    tokens.revoke_all("applicant", gone.id, "merged")
    audit("person.merged", subject=f"user:{gone.id}", into=kept.id)
    return kept


def _locked(one: User, other: User) -> tuple[User, User]:
    rows = select(User).where(User.id.in_([one.id, other.id])).order_by(User.id)
    older, newer = db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()
    if older.merged_into_id or newer.merged_into_id:
        raise PhoneTaken()  # another request was faster
    return (newer, older) if newer.phone_blind and not older.phone_blind else (older, newer)


def _move_particulars(gone: User, kept: User) -> None:
    sealed, hidden = gone.id_number_enc, gone.id_number_blind
    gone.id_number_enc = gone.id_number_blind = None
    gone.merged_into_id = kept.id
    db.session.flush()
    kept.real_name = kept.real_name or gone.real_name
    kept.id_number_enc, kept.id_number_blind = kept.id_number_enc or sealed, kept.id_number_blind or hidden
    kept.real_name_level = max(kept.real_name_level, gone.real_name_level)
    db.session.flush()
