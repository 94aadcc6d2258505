"""Sign-in through WeChat: the mini-program's code and the official account's OAuth (M1, M3).

WeChat's browser often loads the return address twice with one code; both loads end signed in and the code is
exchanged once. `state` is one-time, kept on our side and bound to a cookie.
"""

import json
import secrets
from dataclasses import asdict

from backend.identity import rules, service
from backend.identity.errors import SnapshotUser, WechatRefused
from backend.identity.tokens import Tokens
from backend.platform.crypto import digest
from backend.platform.ids import new_token
from backend.platform.redis import redis
from backend.platform.settings import settings
from backend.wechat.gateway import MiniProgramLogin, OAuthLogin, gateway

STATE_SECONDS = 600
RESULT_SECONDS = 60
CALLBACK = "/api/auth/wechat/oa/callback"


def by_code(code: str, channel: str, device: str) -> Tokens:
    """Sign in with a code of `channel` ("mp": wx.login, "oa": OAuth). Raises WechatRefused, SnapshotUser."""
    who = gateway().code_to_session(code) if channel == "mp" else gateway().oauth_exchange(code)
    return _sign_in(channel, who, device)


def start(next_path: str | None, host_url: str) -> tuple[str, str]:
    """The address to send the browser to, and the value of the cookie that binds it.

    WeChat knows one domain of ours, so production comes back there; elsewhere the browser returns to the `host_url` it
    came from, where its cookie is (and where it may use the camera: 127.0.0.1).
    """
    binding = new_token()
    state = secrets.token_hex(16)
    value = {"binding": digest(binding), "next": rules.local_path(next_path, "/m/")}
    redis.set(f"oauth:state:{state}", json.dumps(value), ex=STATE_SECONDS)
    base = settings().public_url if settings().production else host_url
    return gateway().oauth_url(base.rstrip("/") + CALLBACK, state), binding


def finish(state: str, code: str, binding: str, device: str) -> tuple[Tokens, str]:
    """Tokens and the local path to go on to. Raises WechatRefused for a state that is not this browser's, or old."""
    kept = _state(state)
    if not code or kept is None or not secrets.compare_digest(kept["binding"], digest(binding)):
        raise WechatRefused()
    return _sign_in("oa", _exchange_once(state, code), device), kept["next"]


def bind_phone(user_id: str, code: str, device: str) -> Tokens:
    """Attach the number behind WeChat's phone button; the openid is sent along so that the code must be this user's."""
    openid = service.openids(user_id).get("mp")
    if openid is None:
        raise WechatRefused()
    return service.bind_phone(user_id, gateway().phone_number(code, openid), entry="mp", device=device)


def _sign_in(channel: str, who: MiniProgramLogin | OAuthLogin, device: str) -> Tokens:
    if isinstance(who, OAuthLogin) and who.is_snapshotuser:
        raise SnapshotUser()
    return service.sign_in_by_wechat(channel, who.openid, who.unionid, channel, device)


def _state(state: str) -> dict | None:
    raw = redis.get(f"oauth:state:{state}") if state.isalnum() and len(state) == 32 else None
    return json.loads(raw) if isinstance(raw, bytes) else None


def _exchange_once(state: str, code: str) -> OAuthLogin:
    """Exchange a code once for a state; a second load within a minute gets the first one's answer."""
    lock, done = f"oauth:lock:{state}", f"oauth:done:{state}"
    if redis.set(lock, digest(code), nx=True, ex=STATE_SECONDS):
        who = gateway().oauth_exchange(code)
        with redis.pipeline() as p:
            p.rpush(done, json.dumps(asdict(who)))
            p.expire(done, RESULT_SECONDS)
            p.expire(f"oauth:state:{state}", RESULT_SECONDS)
            p.execute()
        return who
    if redis.get(lock) != digest(code).encode():
        raise WechatRefused()
    return OAuthLogin(**_await(done))


def _await(key: str, seconds: int = 4) -> dict:
    """The first load's answer; raises WechatRefused when it does not come."""
    found = redis.blmove(key, key, seconds)  # to itself: the answer stays for whoever else waits
    if not isinstance(found, bytes):
        raise WechatRefused()
    return json.loads(found)
