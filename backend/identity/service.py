"""Verbs of identity: sign in, say who you are, look somebody up. Staff accounts are in `staff_accounts`."""

from collections.abc import Iterable

from sqlalchemy import select

from backend.identity import merge, people, privacy, rules, sms, staff_accounts, tokens
from backend.identity.errors import NameFixed, ProofOver
from backend.identity.merge import on_merge
from backend.identity.models import Identity, User
from backend.identity.tokens import NAMELESS, Tokens
from backend.platform.audit import audit
from backend.platform.auth import Actor
from backend.platform.crypto import decrypt, mask_id, mask_name, mask_phone
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Invalid

__all__ = ["on_merge"]  # features register with it

REVEALABLE = ("real_name", "phone", "id_number")
VERIFIED_IN_PERSON = 3


# --- signing in ------------------------------------------------------------------------------


def send_code(phone: str, ip: str) -> str | None:
    """Text a sign-in code to `phone`; returns it in the sandbox only. Raises Invalid, TooMany, SmsUnavailable."""
    return sms.send_code(people.phone_number(phone), ip)


def sign_in_by_phone(
    phone: str, code: str, entry: str, device: str, real_name: str | None = None, consent: str | None = None
) -> Tokens:
    """Sign in, or up, with a phone number and the code texted to it (guide row S3).

    `consent`: the version of the privacy policy agreed to. Raises WrongCode, CodeExpired, PrivacyWithdrawn.
    """
    number = people.phone_number(phone)
    if real_name and not rules.is_name(real_name):
        raise Invalid("姓名只能填写汉字或字母", field="real_name")
    sms.check_code(number, code)
    with unit_of_work():
        user = people.with_phone(number)
        if real_name and not user.real_name:
            user.real_name, user.real_name_level = real_name, max(user.real_name_level, 1)
        return privacy.admit(user, entry, device, consent)


def sign_in_by_wechat(
    channel: str, openid: str, unionid: str | None, entry: str, device: str, consent: str | None = None
) -> Tokens:
    """Sign in with what WeChat says about its user; `channel` is "mp" or "oa". One unionid is one person (M1)."""
    with unit_of_work():
        user = people.of_alias(f"wechat-{channel}", openid)
        same = people.of_alias("wechat-union", unionid) if unionid else None
        if user and same and user.id != same.id:
            user = merge.try_unite(user, same)
        user = user or same or people.with_alias(f"wechat-{channel}", openid)
        people.attach(user.id, f"wechat-{channel}", openid)
        if unionid:
            people.attach(user.id, "wechat-union", unionid)
        return privacy.admit(user, entry, device, consent)


def login_scoped(user_id: str, scope: str, entry: str, device: str) -> Tokens:
    """A login that may only do what `scope` names, e.g. "session:<id>" on a handed-over phone (guide row S30)."""
    return privacy.admit(people.get(user_id), entry, device, scope=scope)


def create_user(real_name: str | None = None, phone: str | None = None) -> str:
    """A new applicant's id (demo data, tests)."""
    with unit_of_work():
        user = people.with_phone(phone) if phone else people.new()
        user.real_name, user.real_name_level = real_name, 1 if real_name else 0
        return user.id


def known_person(real_name: str, phone: str, unionid: str) -> str:
    """The id of somebody known by phone number and by WeChat; made if new (demo data)."""
    with unit_of_work():
        user = people.with_phone(phone)
        user.real_name, user.real_name_level = real_name, max(user.real_name_level, 1)
        people.attach(user.id, "wechat-union", unionid)
        return user.id


def login_user(user_id: str, entry: str = "pc", device: str = "") -> Tokens:
    """A login without a proof: for commands and tests, never called from a route."""
    return tokens.open_login("applicant", people.get(user_id).id, entry, device)


# --- saying who you are ----------------------------------------------------------------------


def set_real_name(user_id: str, real_name: str | None = None, id_number: str | None = None) -> None:
    """Fill in one's name and citizen number. Raises Invalid, IdNumberTaken, NameFixed."""
    with unit_of_work():
        user = people.get(user_id)
        if user.real_name_level >= VERIFIED_IN_PERSON:
            raise NameFixed()
        if real_name is not None:
            if not rules.is_name(real_name):
                raise Invalid("姓名只能填写汉字或字母", field="real_name")
            user.real_name = real_name
        if id_number is not None:
            number = people.id_number(id_number)
            if number is None:
                raise Invalid("请填写正确的 18 位身份证号码", field="id_number")
            people.give_id_number(user, number)
        user.real_name_level = (2 if user.id_number_blind else 1) if user.real_name else 0
        audit("person.named", subject=f"user:{user_id}", level=user.real_name_level)


def bind_phone(user_id: str, phone: str, *, entry: str, device: str, real_name: str | None = None) -> Tokens:
    """Attach a proven number. If it belongs to another account of the same person, the two become one (pain P45).

    `real_name`: the name that account is under. Returns tokens of the account that stays.
    Raises PhoneTaken, NameNeeded, NameWrong, NameConflict, TooMany.
    """
    number = people.phone_number(phone)
    with unit_of_work():
        user, owner = people.get(user_id), people.of_phone(number)
        if owner is None:
            people.give_phone(user, number)
        elif owner.id != user.id:
            merge.check_claim(user, owner, number, real_name)
            user = merge.unite(user, owner)
        audit("person.phone_bound", subject=f"user:{user.id}")
        return privacy.admit(user, entry, device)


def bind_phone_by_code(
    user_id: str, phone: str, code: str, *, entry: str, device: str, real_name: str | None = None
) -> Tokens:
    """`bind_phone` for a number proven by a texted code."""
    sms.check_code(people.phone_number(phone), code)
    return bind_phone(user_id, phone, entry=entry, device=device, real_name=real_name)


def bind_phone_by_proof(user_id: str, proof: str, real_name: str, *, entry: str, device: str) -> Tokens:
    """`bind_phone` once more, with the name that was asked for. Raises ProofOver."""
    phone = merge.proven_phone(user_id, proof)
    if phone is None:
        raise ProofOver()
    return bind_phone(user_id, phone, entry=entry, device=device, real_name=real_name)


# --- looking people up -----------------------------------------------------------------------


def me(actor: Actor) -> dict:
    """What a signed-in person may see of themselves; numbers are masked."""
    return _self(actor.kind, actor.id) | {"scope": actor.scope, "entry": actor.entry}


def me_of(done: Tokens) -> dict:
    """`me` of somebody who has just signed in."""
    return _self(done.kind, done.subject_id)


def _self(kind: str, subject_id: str) -> dict:
    if kind == "staff":
        return {
            "kind": "staff",
            "roles": staff_accounts.get(subject_id).roles,
            **staff_accounts.card(subject_id),
        }
    sealed = people.get(subject_id).id_number_enc
    masked = mask_id(decrypt(sealed)) if sealed else None
    consent = privacy.state(subject_id)
    return {"kind": "applicant", "masked_id_number": masked, "privacy": consent, **profile(subject_id)}


def profile(user_id: str) -> dict:
    """Name and masked particulars of an applicant."""
    user = people.get(user_id)
    name = user.real_name or NAMELESS
    return {
        "id": user.id,
        "name": name,
        "masked_name": mask_name(user.real_name) if user.real_name else NAMELESS,
        "masked_phone": mask_phone(decrypt(user.phone_enc)) if user.phone_enc else None,
        "real_name_level": user.real_name_level,
    }


def names(user_ids: Iterable[str]) -> dict[str, str]:
    """Real name (or 申请人) by user id, in one query."""
    ids = set(user_ids)
    known = {
        r.id: r.real_name for r in db.session.execute(select(User.id, User.real_name).where(User.id.in_(ids)))
    }
    return {id_: known.get(id_) or NAMELESS for id_ in ids}


def reveal(user_id: str, field: str) -> str | None:
    """One personal datum in full. The caller decides who may ask and writes the audit line (M56)."""
    user = people.get(user_id)
    if field == "real_name":
        return user.real_name
    sealed = {"phone": user.phone_enc, "id_number": user.id_number_enc}[field]
    return decrypt(sealed) if sealed else None


def openids(user_id: str) -> dict[str, str]:
    """WeChat openids by channel ("mp", "oa"), for notices."""
    rows = db.session.execute(select(Identity.provider, Identity.subject).where(Identity.user_id == user_id))
    return {p.removeprefix("wechat-"): s for p, s in rows if p in ("wechat-mp", "wechat-oa")}


def may_contact(user_id: str) -> bool:
    """Not somebody who took back the consent to the privacy policy: nothing of theirs goes outside any more."""
    return privacy.state(user_id) != "withdrawn"


def user_of_openid(channel: str, openid: str) -> str | None:
    """The user behind an openid, or None."""
    found = people.of_alias(f"wechat-{channel}", openid)
    return found.id if found else None
