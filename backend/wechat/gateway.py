"""The port to WeChat. `gateway()` gives the one implementation; features know this file and errors.py only.

    who = gateway().code_to_session(code)            # mini-program, wx.login
    url = gateway().oauth_url(redirect, state)       # official account, H5
    who = gateway().oauth_exchange(code)
    number = gateway().phone_number(code, openid)    # <button open-type="getPhoneNumber">

    link = gateway().mini_program_code(scene, page)  # PNG; also scene_qr, url_link, jssdk
    verdict = gateway().check_text(openid, words)    # content rules; pictures: check_image and hooks.on_media_check

All raise errors.CodeRefused (401) for a code that is unknown, used or too old, errors.WechatBusy (429),
errors.UserBlocked (403), errors.WechatUnavailable (503) when WeChat does not answer.
In the sandbox it is the same implementation, talking to the stand-in (backend/wechat/sandbox) over HTTP.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from flask import current_app


@dataclass(frozen=True)
class MiniProgramLogin:
    """Who called wx.login. The session_key is a secret: never to a client, a log or another party."""

    openid: str
    unionid: str | None
    session_key: str = field(repr=False)


@dataclass(frozen=True)
class OAuthLogin:
    """Who came back from the official account's authorisation page.

    `is_snapshotuser`: a virtual account of WeChat's snapshot page; it must be refused.
    """

    openid: str
    unionid: str | None
    is_snapshotuser: bool = False


@dataclass(frozen=True)
class SceneQr:
    """A QR code of the official account; scanning it sends us `scene`. `url` is what the code holds."""

    url: str
    ticket: str
    seconds: int | None


@dataclass(frozen=True)
class Verdict:
    """What WeChat says of a text or picture; `label` is its reason (100 is none, 20002 is pornography …)."""

    suggest: Literal["pass", "review", "risky"]
    label: int
    trace_id: str = ""


class Gateway(Protocol):
    """What the product asks of WeChat."""

    def code_to_session(self, code: str) -> MiniProgramLogin:
        """Exchange a wx.login code, single use, 5 minutes (docs: code2Session)."""
        ...

    def phone_number(self, code: str, openid: str) -> str:
        """The mainland mobile number behind the phone button's code, which must be `openid`'s (docs: getPhoneNumber).

        It is another code than wx.login's; single use, 5 minutes.
        """
        ...

    def oauth_url(self, redirect: str, state: str) -> str:
        """WeChat's authorisation page; it sends the browser to `redirect`?code=…&state=… Raises ValueError for a
        `state` other than 1–128 letters and digits."""
        ...

    def oauth_exchange(self, code: str) -> OAuthLogin:
        """Exchange the code that came to the redirect address, single use, 5 minutes."""
        ...

    def subscribe_message(self, openid: str, template: str, values: dict[str, object], page: str = "") -> None:
        """One subscribe message of the mini-program; `values` by field, made legal. Raises errors.NotSubscribed when
        no consent is left: one tap on 允许 is one message."""
        ...

    def template_message(self, openid: str, template: str, values: dict[str, object], url: str, mark: str) -> str:
        """One template message of the official account; the same `mark` again within ten minutes is not sent twice.
        The event "templatesendjobfinish" says later, under the returned MsgID, whether it arrived.
        Raises errors.NotSubscribed for somebody who does not follow the account."""
        ...

    def decrypt(self, session_key: str, encrypted: str, iv: str) -> dict[str, Any]:
        """What the mini-program got encrypted for us. Raises errors.LoginAgain when the session_key is not the one it
        was made with: wx.login has to run again."""
        ...

    def mini_program_code(self, scene: str, page: str = "", width: int = 430) -> bytes:
        """A picture (PNG or JPEG) of a mini-program code, valid for ever and in any number (docs: getUnlimitedQRCode).
        Raises ValueError for a `scene` other than 1–32 characters of `[0-9A-Za-z!#$&'()*+,/:;=?@._~-]`."""
        ...

    def url_link(self, path: str, query: str = "", days: int = 30) -> str:
        """An https link that opens the mini-program from a text message: 30 days at most, and for one person only,
        so every receiver gets one of his own (docs: generateUrlLink, notice of 2022-04-11)."""
        ...

    def scene_qr(self, scene: str, seconds: int | None = 2592000) -> SceneQr:
        """A QR code of the official account; a scan arrives as the event "subscribe" or "scan" with this key.
        `seconds` up to 30 days; None: for ever, of which WeChat gives out 100 000. `scene`: 1–64 characters."""
        ...

    def jssdk(self, url: str) -> dict[str, Any]:
        """What wx.config needs on the page `url` (without its #…): app_id, timestamp, nonce, signature."""
        ...

    def check_text(self, openid: str, text: str, scene: int = 2) -> Verdict:
        """Whether the words of the mini-program's user `openid` are fit for others (docs: msgSecCheck 2.0); scene 1
        profile, 2 comment, 3 forum, 4 social. A long text is checked in parts; the worst counts.
        Raises errors.NotRecent for somebody who has not used the mini-program in the last two hours."""
        ...

    def check_image(self, openid: str, url: str, scene: int = 2) -> str:
        """Ask for a check of the picture that WeChat can fetch at `url`; the result comes within 30 minutes to
        hooks.on_media_check under the returned trace_id. Never for papers of identity."""
        ...

    def call(self, account: str, path: str, body: dict[str, Any], *, method: str = "POST") -> dict[str, Any]:
        """Any other API of the account "mp" or "oa", with its token; the answer without errcode 0."""
        ...


def gateway() -> Gateway:
    return current_app.extensions["wechat"]
