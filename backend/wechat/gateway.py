"""The port to WeChat. `gateway()` gives the one implementation; features know this file and errors.py only.

    who = gateway().code_to_session(code)            # mini-program, wx.login
    url = gateway().oauth_url(redirect, state)       # official account, H5
    who = gateway().oauth_exchange(code)
    number = gateway().phone_number(code, openid)    # <button open-type="getPhoneNumber">

All raise errors.CodeRefused (401) for a code that is unknown, used or too old, errors.WechatBusy (429),
errors.UserBlocked (403), errors.WechatUnavailable (503) when WeChat does not answer.
In the sandbox it is the same implementation, talking to the stand-in (backend/wechat/sandbox) over HTTP.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

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

    def template_message(self, openid: str, template: str, values: dict[str, object], url: str, mark: str) -> None:
        """One template message of the official account; the same `mark` again within ten minutes is not sent twice.
        Raises errors.NotSubscribed for somebody who does not follow the account."""
        ...

    def call(self, account: str, path: str, body: dict[str, Any], *, method: str = "POST") -> dict[str, Any]:
        """Any other API of the account "mp" or "oa", with its token; the answer without errcode 0."""
        ...


def gateway() -> Gateway:
    return current_app.extensions["wechat"]
