"""Verbs of identity: sign in, say who you are, look somebody up. Staff accounts are in `staff_accounts`."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from backend.identity import rules, sms, staff_accounts, tokens
from backend.identity.errors import IdNumberTaken, NameConflict, PhoneTaken
from backend.identity.models import Identity, User
from backend.identity.tokens import NAMELESS, Tokens
from backend.platform.audit import audit
from backend.platform.auth import Actor
from backend.platform.clock import today
from backend.platform.crypto import blind, decrypt, encrypt, mask_id, mask_name, mask_phone
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Invalid, NotFound
from backend.platform.settings import settings

REVEALABLE = ("real_name", "phone", "id_number")
_merge_hooks: list[Callable[[str, str], None]] = []


def on_merge(fn: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Register `fn(old_user_id, new_user_id)`: moves a feature's rows when two accounts turn out to be one person."""
    _merge_hooks.append(fn)
    return fn


# --- signing in ------------------------------------------------------------------------------


def send_code(phone: str, ip: str) -> str | None:
    """Text a sign-in code to `phone`; returns it in the sandbox only. Raises Invalid, TooMany, SmsUnavailable."""
    return sms.send_code(_phone(phone), ip)


def sign_in_by_phone(phone: str, code: str, entry: str, device: str, real_name: str | None = None) -> Tokens:
    """Sign in, or up, with a phone number and the code texted to it (guide row S3). Raises WrongCode, CodeExpired."""
    number = _phone(phone)
    if real_name and not rules.is_name(real_name):
        raise Invalid("姓名只能填写汉字或字母", field="real_name")
    sms.check_code(number, code)
    with unit_of_work():
        user = _user_of_phone(number) or _create(phone_blind=blind(number), phone_enc=encrypt(number))
        if real_name and not user.real_name:
            user.real_name, user.real_name_level = real_name, max(user.real_name_level, 1)
        return tokens.open_login("applicant", user.id, entry, device)


def sign_in_by_wechat(channel: str, openid: str, unionid: str | None, entry: str, device: str) -> Tokens:
    """Sign in with what WeChat says about its user; `channel` is "mp" or "oa". One unionid is one person (M1)."""
    known_as = [(f"wechat-{channel}", openid)] + ([("wechat-union", unionid)] if unionid else [])
    with unit_of_work():
        user = _user_of_identities(known_as) or _new_user_of(known_as)
        for provider, subject in known_as:
            _attach(user.id, provider, subject)
        return tokens.open_login("applicant", user.id, entry, device)


def login_scoped(user_id: str, scope: str, entry: str, device: str) -> Tokens:
    """A login that may only do what `scope` names, e.g. "session:<id>" on a handed-over phone (guide row S30)."""
    return tokens.open_login("applicant", _get(user_id).id, entry, device, scope)


def create_user(real_name: str | None = None, phone: str | None = None) -> str:
    """A new applicant's id (demo data, tests)."""
    with unit_of_work():
        values = {"phone_blind": blind(phone), "phone_enc": encrypt(phone)} if phone else {}
        user = _create(**values)
        user.real_name, user.real_name_level = real_name, 1 if real_name else 0
        return user.id


def known_person(real_name: str, phone: str, unionid: str) -> str:
    """The id of somebody known by phone number and by WeChat; made if new (demo data)."""
    with unit_of_work():
        user = _user_of_phone(phone) or _create(phone_blind=blind(phone), phone_enc=encrypt(phone))
        user.real_name, user.real_name_level = real_name, max(user.real_name_level, 1)
        _attach(user.id, "wechat-union", unionid)
        return user.id


def login_user(user_id: str, entry: str = "pc", device: str = "") -> Tokens:
    """A login without a proof: for commands and tests, never called from a route."""
    return tokens.open_login("applicant", _get(user_id).id, entry, device)


# --- saying who you are ----------------------------------------------------------------------


def set_real_name(user_id: str, real_name: str | None = None, id_number: str | None = None) -> None:
    """Fill in one's name and citizen number. Raises Invalid, IdNumberTaken."""
    with unit_of_work():
        user = _get(user_id)
        if real_name is not None:
            if not rules.is_name(real_name):
                raise Invalid("姓名只能填写汉字或字母", field="real_name")
            user.real_name = real_name
        if id_number is not None:
            _set_id_number(user, id_number)
        if user.real_name_level < 3:
            user.real_name_level = (2 if user.id_number_blind else 1) if user.real_name else 0
        audit("person.named", subject=f"user:{user_id}", level=user.real_name_level)


def bind_phone(user_id: str, phone: str, *, entry: str, device: str) -> Tokens:
    """Attach a proven number. If it belongs to another account of the same person, the two become one (pain P45).

    Returns tokens of the surviving account. Raises PhoneTaken, NameConflict.
    """
    number = _phone(phone)
    with unit_of_work():
        user, owner = _get(user_id), _user_of_phone(number)
        if owner is None:
            owner = user
            try:
                with db.session.begin_nested():
                    user.phone_blind, user.phone_enc = blind(number), encrypt(number)
            except IntegrityError:
                raise PhoneTaken() from None
        elif owner.id != user.id:
            _merge(user, owner)
        audit("person.phone_bound", subject=f"user:{owner.id}")
        return tokens.open_login("applicant", owner.id, entry, device)


def bind_phone_by_code(user_id: str, phone: str, code: str, *, entry: str, device: str) -> Tokens:
    """`bind_phone` for a number proven by a texted code."""
    sms.check_code(_phone(phone), code)
    return bind_phone(user_id, phone, entry=entry, device=device)


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
    sealed = _get(subject_id).id_number_enc
    masked = mask_id(decrypt(sealed)) if sealed else None
    return {"kind": "applicant", "masked_id_number": masked, **profile(subject_id)}


def profile(user_id: str) -> dict:
    """Name and masked particulars of an applicant."""
    user = _get(user_id)
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
    user = _get(user_id)
    if field == "real_name":
        return user.real_name
    sealed = {"phone": user.phone_enc, "id_number": user.id_number_enc}[field]
    return decrypt(sealed) if sealed else None


def openids(user_id: str) -> dict[str, str]:
    """WeChat openids by channel ("mp", "oa"), for notices."""
    rows = db.session.execute(select(Identity.provider, Identity.subject).where(Identity.user_id == user_id))
    return {p.removeprefix("wechat-"): s for p, s in rows if p in ("wechat-mp", "wechat-oa")}


def user_of_openid(channel: str, openid: str) -> str | None:
    """The user behind an openid, or None."""
    found = _user_of_identities([(f"wechat-{channel}", openid)])
    return found.id if found else None


# --- inside ----------------------------------------------------------------------------------


def _phone(text: str) -> str:
    number = rules.normal_phone(text)
    if number is None:
        raise Invalid("请填写 11 位手机号码", field="phone")
    return number


def _get(user_id: str) -> User:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound()
    return user


def _user_of_phone(number: str) -> User | None:
    return db.session.scalar(select(User).where(User.phone_blind == blind(number)))


def _user_of_identities(known_as: list[tuple[str, str]]) -> User | None:
    for provider, subject in known_as:
        row = db.session.scalar(
            select(Identity).where(Identity.provider == provider, Identity.subject == subject)
        )
        if row is not None:
            return db.session.get(User, row.user_id)
    return None


def _create(**values: str) -> User:
    """A new user; if somebody was faster with the same phone number, theirs."""
    user = User(**values)
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        return db.session.scalars(select(User).where(User.phone_blind == values["phone_blind"])).one()
    return user


def _new_user_of(known_as: list[tuple[str, str]]) -> User:
    """A new user with a first identity; if the same person's other request was faster, theirs."""
    provider, subject = known_as[0]
    try:
        with db.session.begin_nested():
            user = User()
            db.session.add(user)
            db.session.flush()
            db.session.add(Identity(user_id=user.id, provider=provider, subject=subject))
    except IntegrityError:
        found = _user_of_identities(known_as)
        if found is None:
            raise
        return found
    return user


def _attach(user_id: str, provider: str, subject: str) -> None:
    """Note another way a user is known; nothing happens when it is taken already."""
    if _user_of_identities([(provider, subject)]) is None:
        with suppress(IntegrityError), db.session.begin_nested():
            db.session.add(Identity(user_id=user_id, provider=provider, subject=subject))


def _set_id_number(user: User, text: str) -> None:
    number = rules.normal_id_number(text, checksum=settings().check_id_number, on=today())
    if number is None:
        raise Invalid("请填写正确的 18 位身份证号码", field="id_number")
    holder = db.session.scalar(select(User.id).where(User.id_number_blind == blind(number)))
    if holder not in (None, user.id):
        raise IdNumberTaken()
    try:
        with db.session.begin_nested():
            user.id_number_enc, user.id_number_blind = encrypt(number), blind(number)
    except IntegrityError:
        raise IdNumberTaken() from None


def _merge(gone: User, kept: User) -> None:
    if gone.phone_blind:
        raise PhoneTaken()
    if gone.real_name and kept.real_name and gone.real_name != kept.real_name:
        raise NameConflict()
    if gone.id_number_blind and kept.id_number_blind:
        raise IdNumberTaken()
    db.session.execute(update(Identity).where(Identity.user_id == gone.id).values(user_id=kept.id))
    sealed, hidden = gone.id_number_enc, gone.id_number_blind
    gone.id_number_enc = gone.id_number_blind = None
    db.session.flush()
    kept.real_name = kept.real_name or gone.real_name
    kept.id_number_enc, kept.id_number_blind = kept.id_number_enc or sealed, kept.id_number_blind or hidden
    kept.real_name_level = max(kept.real_name_level, gone.real_name_level)
    gone.merged_into_id = kept.id
    for hook in _merge_hooks:
        hook(gone.id, kept.id)
    tokens.revoke_all("applicant", gone.id, "merged")
    audit("person.merged", subject=f"user:{gone.id}", into=kept.id)
