"""WeChat's message push: who may speak, opening sealed messages, answering within the five seconds."""

import hashlib
import hmac
import logging
import time

import orjson
from sqlalchemy.exc import IntegrityError

from backend.config import Settings
from backend.platform.db import db, unit_of_work
from backend.platform.errors import Forbidden, Malformed
from backend.platform.jobs import enqueue
from backend.platform.settings import settings
from backend.wechat import hooks, messages, replies
from backend.wechat.messages import NotAMessage, Push
from backend.wechat.seal import BrokenSeal, Seal

log = logging.getLogger(__name__)

SUCCESS = "success"
FRESH_SECONDS = 600  # a delivery is signed anew each time, so an old signature is a replay
Query = dict[str, str]


def token_of(account: str, s: Settings) -> str:
    token = {"mp": s.wechat_mp_token, "oa": s.wechat_oa_token}.get(account, "")
    if not token:
        raise Forbidden()  # an empty token would let anyone sign
    return token


def signature(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def verify(account: str, query: Query) -> None:
    """Raises Forbidden unless WeChat signed this call lately."""
    timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    expected = signature(token_of(account, settings()), timestamp, nonce)
    if not hmac.compare_digest(expected, query.get("signature", "")):
        raise Forbidden("签名不正确")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp[:12])) > FRESH_SECONDS:
        raise Forbidden("签名已过期")


def receive(account: str, query: Query, body: bytes) -> str:
    """The answer to one delivery. Raises Forbidden for a stranger; whatever WeChat itself sends is never an error."""
    verify(account, query)
    seals = _seals(account, settings())
    sealed = query.get("encrypt_type") == "aes"
    try:
        plain = _open(seals, query, body) if sealed else body
        push = messages.parse(account, plain)
    except NotAMessage:
        log.warning("a signed push was not understood (%d bytes)", len(body))
        return SUCCESS
    reply = _answer(push)
    if reply and sealed and seals:
        return seals[0].close(reply, query["nonce"], str(int(time.time())))
    return reply or SUCCESS


def _seals(account: str, s: Settings) -> list[Seal]:
    """The present key and those before it."""
    mp = account == "mp"
    appid, key = (s.wechat_mp_appid, s.wechat_mp_aes_key) if mp else (s.wechat_oa_appid, s.wechat_oa_aes_key)
    keys = [k for k in (key, *s.wechat_previous_aes_keys) if k]
    return [Seal(token_of(account, s), k, appid) for k in keys]


def _open(seals: list[Seal], query: Query, body: bytes) -> bytes:
    """In the sealed modes `msg_signature` covers the cipher; `signature` does not (wechatpy#739). Raises Forbidden."""
    encrypted = messages.fields(body).get("Encrypt")
    if not isinstance(encrypted, str) or not seals:
        raise Malformed("消息无法解密")
    for seal in seals:
        try:
            return seal.open(encrypted, query.get("msg_signature", ""), query["timestamp"], query["nonce"])
        except BrokenSeal:
            continue
    raise Forbidden("消息签名不正确")


def _answer(push: Push) -> str | None:
    if push.kind == "text" or push.event == "click":
        said = hooks.answer(push)
    elif push.event == "subscribe":
        said = replies.welcome()
    else:
        said = None
    if hooks.wanted(push):
        _promise(push)
    return messages.text_reply(push, said) if said else None


def _promise(push: Push) -> None:
    """Do the work later, once for however many deliveries."""
    try:
        with unit_of_work():
            enqueue("wechat.push", push.account, orjson.dumps(push.data).decode(), dedupe=f"wechat:{push.identity}")
    except IntegrityError:
        db.session.rollback()  # another delivery of it came at the same moment
