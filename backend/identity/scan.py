"""Sign-in on a PC by a phone that is signed in: a QR code, a question on the phone, a login for the browser that asked.

Two minutes, once. The QR holds an address of ours with a token; the browser that asked for it holds another secret in a
cookie and alone may collect the login. The first person who opens the address is the only one who may answer.
"""

import secrets
from typing import Any

from backend.identity import agents, tokens
from backend.identity.errors import ScanForeign, ScanOver, ScanTaken
from backend.identity.tokens import Tokens
from backend.platform.audit import audit
from backend.platform.auth import Actor
from backend.platform.clock import now
from backend.platform.crypto import digest
from backend.platform.db import unit_of_work
from backend.platform.ids import new_token
from backend.platform.redis import redis
from backend.platform.settings import settings

SECONDS = 120
NEW, SCANNED, CONFIRMED, REFUSED, EXPIRED = "new", "scanned", "confirmed", "refused", "expired"
PURPOSE = "登录电脑版视频办"

# KEYS[1] the request; ARGV: person, login, state to reach. 1 done, 0 not theirs, -1 over.
_ANSWER = """
local state = redis.call('HGET', KEYS[1], 'state')
if not state or (state ~= 'new' and state ~= 'scanned') then return -1 end
local who = redis.call('HGET', KEYS[1], 'user_id')
if who and who ~= ARGV[1] then return 0 end
if state == 'new' and ARGV[3] ~= 'scanned' then return -1 end
redis.call('HSET', KEYS[1], 'user_id', ARGV[1], 'login_id', ARGV[2], 'state', ARGV[3])
return 1
"""
# KEYS[1] the request. Its fields, once, when the phone has said yes.
_COLLECT = """
if redis.call('HGET', KEYS[1], 'state') ~= 'confirmed' then return false end
local found = redis.call('HMGET', KEYS[1], 'user_id', 'login_id')
redis.call('DEL', KEYS[1])
return found
"""


def ask(agent: str, ip: str) -> tuple[str, str, str]:
    """A browser asks: the request's id, the address for the QR code, the secret for the browser's cookie."""
    id_, token, binding = new_token(), new_token(), new_token()
    key = _key(id_)
    asked: dict[Any, Any] = {
        "state": NEW, "binding": digest(binding), "browser": agents.browser(agent), "system": agents.system(agent),
        "ip": ip, "asked_at": now().isoformat(), "expires_at": str(int(now().timestamp()) + SECONDS),
    }  # fmt: skip
    with redis.pipeline() as p:
        p.hset(key, mapping=asked)
        p.expire(key, SECONDS)
        p.set(_token_key(token), id_, ex=SECONDS)
        p.execute()
    return id_, f"{settings().public_url.rstrip('/')}/m/scan/{token}", binding


def state(id_: str, binding: str) -> str:
    """How far it is, for the browser that asked. Raises ScanForeign."""
    found = _read(_key(id_))
    if found is None:
        return EXPIRED
    _check(found, binding)
    return found["state"]


def collect(id_: str, binding: str, device: str) -> Tokens:
    """The login, once, for the browser that asked. Raises ScanForeign, ScanOver."""
    found = _read(_key(id_))
    if found is None:
        raise ScanOver()
    _check(found, binding)
    taken: Any = redis.eval(_COLLECT, 1, _key(id_))
    if not taken:
        raise ScanOver()
    user_id, login_id = (value.decode() for value in taken)
    if not tokens.is_live(login_id):  # the phone signed out meanwhile
        raise ScanOver()
    with unit_of_work():
        done = tokens.open_login("applicant", user_id, "pc", device)
        audit(
            "login.scanned", subject=f"applicant:{user_id}", login_id=done.login_id, phone_login_id=login_id
        )
    return done


def look(token: str, actor: Actor, ip: str) -> dict[str, Any]:
    """The phone has scanned: who asks for what. Raises ScanOver, ScanTaken by another person."""
    key = _of_token(token)
    _answer(key, actor, SCANNED)
    found = _read(key)
    if found is None:
        raise ScanOver()
    return {
        **{name: found[name] for name in ("browser", "system", "ip", "asked_at")},
        "purpose": PURPOSE, "expires_at": int(found["expires_at"]), "same_network": found["ip"] == ip,
    }  # fmt: skip


def answer(token: str, actor: Actor, yes: bool) -> None:
    """The person says yes or no. Raises ScanOver, ScanTaken."""
    _answer(_of_token(token), actor, CONFIRMED if yes else REFUSED)
    with unit_of_work():
        audit("scan.confirmed" if yes else "scan.refused", subject=f"applicant:{actor.id}")


def _answer(key: str, actor: Actor, reach: str) -> None:
    done = redis.eval(_ANSWER, 1, key, actor.id, actor.login_id, reach)
    if done != 1:
        raise ScanTaken() if done == 0 else ScanOver()


def _of_token(token: str) -> str:
    found = redis.get(_token_key(token))
    if not isinstance(found, bytes):
        raise ScanOver()
    return _key(found.decode())


def _read(key: str) -> dict[str, str] | None:
    found: Any = redis.hgetall(key)
    return {k.decode(): v.decode() for k, v in found.items()} or None


def _check(found: dict[str, str], binding: str) -> None:
    if not secrets.compare_digest(found["binding"], digest(binding)):
        raise ScanForeign()


def _key(id_: str) -> str:
    return f"scan:{id_[:64]}"


def _token_key(token: str) -> str:
    return f"scan:token:{token[:64]}"
