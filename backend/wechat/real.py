"""The gateway over HTTP, for the live hosts and the sandbox alike. The only importer of wechatpy.

What wechatpy lacks and is done here: stable_token, one refresher, one bounded retry instead of an endless one,
time-outs everywhere, no secret in an exception (docs/wechat.md).
"""

import logging
import re
import struct
from typing import Any
from urllib.parse import quote

import requests
from flask import Flask
from redis import Redis
from wechatpy import WeChatClient
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException, WeChatClientException

from backend.config import Settings
from backend.wechat import errors, fields
from backend.wechat.gateway import MiniProgramLogin, OAuthLogin
from backend.wechat.tokens import TokenStore

log = logging.getLogger(__name__)

STATE = re.compile(r"[A-Za-z0-9]{1,128}")
MAINLAND = "86"


class RealGateway:
    """See gateway.Gateway."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        sandbox = settings.wechat_gateway == "sandbox"
        self._api = (settings.wechat_sandbox_url if sandbox else settings.wechat_api_url).rstrip("/")
        browser = settings.wechat_sandbox_browser_url or settings.wechat_sandbox_url
        self._open = (browser if sandbox else settings.wechat_open_url).rstrip("/")
        self._timeout = settings.wechat_timeout_seconds
        self._oa = (settings.wechat_oa_appid, settings.wechat_oa_secret)
        self._mp = (settings.wechat_mp_appid, settings.wechat_mp_secret)
        self._clients = {
            "mp": _Client(*self._mp, self._api, redis, self._timeout),
            "oa": _Client(*self._oa, self._api, redis, self._timeout),
        }

    def code_to_session(self, code: str) -> MiniProgramLogin:
        # wechatpy's own method adds an access token to this call, which it must not have
        appid, secret = self._mp
        params = {"appid": appid, "secret": secret, "js_code": code, "grant_type": "authorization_code"}
        found = self._plain("/sns/jscode2session", params)
        return MiniProgramLogin(found["openid"], found.get("unionid"), found["session_key"])

    def phone_number(self, code: str, openid: str) -> str:
        found = self.call("mp", "/wxa/business/getuserphonenumber", {"code": code, "openid": openid})["phone_info"]
        if str(found.get("countryCode")) != MAINLAND:
            raise errors.CodeRefused("请使用中国大陆手机号")
        return str(found["purePhoneNumber"])

    def oauth_url(self, redirect: str, state: str) -> str:
        if not STATE.fullmatch(state):
            raise ValueError("state: 1 to 128 letters and digits")
        query = f"appid={self._oa[0]}&redirect_uri={quote(redirect, safe='')}&response_type=code&scope=snsapi_base"
        return f"{self._open}/connect/oauth2/authorize?{query}&state={state}#wechat_redirect"  # in this order only

    def oauth_exchange(self, code: str) -> OAuthLogin:
        appid, secret = self._oa
        params = {"appid": appid, "secret": secret, "code": code, "grant_type": "authorization_code"}
        found = self._plain("/sns/oauth2/access_token", params)
        return OAuthLogin(found["openid"], found.get("unionid"), bool(found.get("is_snapshotuser")))

    def subscribe_message(self, openid: str, template: str, values: dict[str, object], page: str = "") -> None:
        message = {"touser": openid, "template_id": template, "data": fields.data(values), "lang": "zh_CN"}
        self.call("mp", "/cgi-bin/message/subscribe/send", {**message, "page": page} if page else message)

    def template_message(self, openid: str, template: str, values: dict[str, object], url: str, mark: str) -> None:
        message = {"touser": openid, "template_id": template, "data": fields.data(values), "url": url}
        self.call("oa", "/cgi-bin/message/template/send", {**message, "client_msg_id": mark})

    def call(self, account: str, path: str, body: dict[str, Any], *, method: str = "POST") -> dict[str, Any]:
        return self._clients[account].ask(method, path, body)

    def _plain(self, path: str, params: dict[str, str]) -> dict[str, Any]:
        """A call without a token. WeChat labels some answers text/plain: parsed by content."""
        try:
            reply = requests.get(self._api + path, params=params, timeout=self._timeout)
            found = reply.json()
        except (requests.RequestException, ValueError) as fault:
            log.warning("wechat %s: %s", path, type(fault).__name__)  # its text holds the address and the secret
            raise errors.WechatUnavailable() from None
        if code := int(found.get("errcode") or 0):
            log.warning("wechat %s: errcode %s", path, code)
            raise errors.of(code)
        return found


class _Client(WeChatClient):
    """wechatpy's client with our token, our hosts and one retry."""

    def __init__(self, appid: str, secret: str, api: str, redis: Redis, timeout: float) -> None:
        self._api = api
        self._tokens = TokenStore(redis, appid, self._stable_token)
        super().__init__(appid, secret, timeout=timeout, auto_retry=False)

    @property
    def access_token(self) -> str:
        return self._tokens.get()

    def _stable_token(self, force: bool) -> tuple[str, int]:
        body = {"grant_type": "client_credential", "appid": self.appid, "secret": self.secret, "force_refresh": force}
        try:
            found = requests.post(f"{self._api}/cgi-bin/stable_token", json=body, timeout=self.timeout).json()
        except (requests.RequestException, ValueError) as fault:
            log.warning("wechat stable_token: %s", type(fault).__name__)
            raise errors.WechatUnavailable() from None
        if code := int(found.get("errcode") or 0):
            log.error("wechat stable_token of %s: errcode %s", self.appid, code)
            raise errors.of(code)
        return found["access_token"], int(found["expires_in"])

    def ask(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """One API call, renewing a refused token once."""
        token = self.access_token
        try:
            return self._once(method, path, body, token)
        except WeChatClientException as fault:
            if fault.errcode not in errors.TOKEN_CODES:
                raise self._translated(path, fault) from None
        try:
            return self._once(method, path, body, self._tokens.renew(token))
        except WeChatClientException as fault:
            raise self._translated(path, fault) from None

    def _once(self, method: str, path: str, body: dict[str, Any], token: str) -> Any:
        send: dict[str, Any] = {"params": {"access_token": token}}
        if method == "GET":
            send["params"] |= body
        else:
            send["data"] = body  # as `data` wechatpy sends raw Chinese; escapes would blind the content check
        try:
            return self._request(method, self._api + path, **send)
        except requests.RequestException as fault:
            log.warning("wechat %s: %s", path, type(fault).__name__)
            raise errors.WechatUnavailable() from None

    @staticmethod
    def _translated(path: str, fault: WeChatClientException) -> Exception:
        log.warning("wechat %s: errcode %s", path, fault.errcode)
        return errors.of(int(fault.errcode or 0))


_BROKEN = (InvalidSignatureException, InvalidAppIdException, ValueError, KeyError, IndexError, struct.error)


class BrokenSeal(ValueError):
    """A pushed message is not sealed with our key for our account."""


class Seal:
    """Opens and closes messages of the push's safe mode (docs: 消息加解密)."""

    def __init__(self, token: str, aes_key: str, appid: str) -> None:
        self._crypto = WeChatCrypto(token, aes_key, appid)

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> bytes:
        """Raises BrokenSeal for a wrong signature, key or account, whatever wechatpy makes of it."""
        body = {"Encrypt": encrypted}
        try:
            plain = self._crypto.decrypt_message(body, signature, timestamp, nonce)
        except _BROKEN as fault:
            raise BrokenSeal() from fault
        return plain if isinstance(plain, bytes) else plain.encode()

    def close(self, xml: str, nonce: str, timestamp: str) -> str:
        return self._crypto.encrypt_message(xml, nonce, timestamp)


def make(app: Flask, settings: Settings) -> RealGateway:
    return RealGateway(settings, app.extensions["redis"])
