"""Sign-in through WeChat: the mini-program's code and the official account's OAuth (M1, M3)."""

from dataclasses import asdict

from backend.identity import service, trips
from backend.identity.errors import SnapshotUser, WechatRefused
from backend.identity.tokens import Tokens
from backend.platform.settings import settings
from backend.wechat.gateway import MiniProgramLogin, OAuthLogin, gateway

CALLBACK = "/api/auth/wechat/oa/callback"
_trip = trips.Trip("wechat", WechatRefused)


def by_code(code: str, channel: str, device: str, consent: str | None = None) -> Tokens:
    """Sign in with a code of `channel` ("mp": wx.login, "oa": OAuth). Raises WechatRefused, SnapshotUser."""
    who = gateway().code_to_session(code) if channel == "mp" else gateway().oauth_exchange(code)
    return _sign_in(channel, who, device, consent)


def start(next_path: str | None, host_url: str, consent: str | None = None) -> tuple[str, str]:
    """The address to send the browser to, and the value of the cookie that binds it.

    WeChat knows one domain of ours, so production comes back there; elsewhere the browser returns to the `host_url` it
    came from, where its cookie is (and where it may use the camera: 127.0.0.1).
    """
    state, binding = _trip.begin(next_path, consent=consent)
    base = settings().public_url if settings().production else host_url
    return gateway().oauth_url(base.rstrip("/") + CALLBACK, state), binding


def finish(state: str, code: str, binding: str, device: str) -> tuple[Tokens, str]:
    """Tokens and the local path to go on to. Raises WechatRefused for a state that is not this browser's, or old."""
    kept = _trip.kept(state, binding)
    found = _trip.once(state, code, lambda: asdict(gateway().oauth_exchange(code)))
    return _sign_in("oa", OAuthLogin(**found), device, kept["consent"]), kept["next"]


def bind_phone(user_id: str, code: str, device: str, real_name: str | None = None) -> Tokens:
    """Attach the number behind WeChat's phone button; the openid is sent along so that the code must be this user's."""
    openid = service.openids(user_id).get("mp")
    if openid is None:
        raise WechatRefused()
    phone = gateway().phone_number(code, openid)
    return service.bind_phone(user_id, phone, entry="mp", device=device, real_name=real_name)


def _sign_in(channel: str, who: MiniProgramLogin | OAuthLogin, device: str, consent: str | None) -> Tokens:
    if isinstance(who, OAuthLogin) and who.is_snapshotuser:
        raise SnapshotUser()
    return service.sign_in_by_wechat(channel, who.openid, who.unionid, channel, device, consent)
